#include "orbit.hpp"

#include <cstdlib>
#include <fmt/format.h>

int main()
{
    const char *units = std::getenv("UNITS");
    fmt::print("units: {}\n", units ? units : "unknown");
    for (const Planet &planet : planets())
        fmt::print("{:>8} {:6.3f}\n", planet.name, period(planet));
}
