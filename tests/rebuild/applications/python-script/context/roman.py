"""Write a number as the Romans did."""

import sys

LETTERS = ("M", 1000), ("CM", 900), ("D", 500), ("CD", 400), ("C", 100), ("XC", 90), ("L", 50), ("XL", 40)
LETTERS += ("X", 10), ("IX", 9), ("V", 5), ("IV", 4), ("I", 1)

number, written = int(sys.argv[1]), ""
for letter, worth in LETTERS:
    written += letter * (number // worth)
    number %= worth
print(written)
