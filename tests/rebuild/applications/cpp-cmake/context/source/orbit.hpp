#pragma once
#include <string>
#include <vector>

struct Planet {
    std::string name;
    double axis; // of the orbit, in astronomical units
};

std::vector<Planet> planets();
double period(const Planet &planet); // in years
