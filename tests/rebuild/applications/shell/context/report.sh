#!/bin/sh
set -eu
printf '%s has %s with the number 0\n' "$1" "$(grep -c ':0:' "$1")"
