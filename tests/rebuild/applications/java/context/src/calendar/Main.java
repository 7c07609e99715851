package calendar;

public final class Main {
    public static void main(String[] arguments) {
        int year = Integer.parseInt(arguments[0]);
        System.out.println("In " + year + " the 13th is a Friday in " + String.join(", ", Fridays.of(year)));
    }
}
