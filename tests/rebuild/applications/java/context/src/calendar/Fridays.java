package calendar;

import java.time.DayOfWeek;
import java.time.LocalDate;
import java.time.Month;
import java.util.List;
import java.util.stream.Stream;

final class Fridays {
    static List<String> of(int year) {
        return Stream.of(Month.values())
            .filter(month -> LocalDate.of(year, month, 13).getDayOfWeek() == DayOfWeek.FRIDAY)
            .map(Month::toString)
            .toList();
    }
}
