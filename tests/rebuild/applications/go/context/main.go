package main

import (
	"fmt"
	"os"
	"strconv"
	"text/tabwriter"
)

var version = "unknown"

func main() {
	rows, err := strconv.Atoi(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	fmt.Println("table", version)
	width, _ := strconv.Atoi(os.Getenv("TABLE_WIDTH"))
	out := tabwriter.NewWriter(os.Stdout, width, 0, 1, ' ', tabwriter.AlignRight)
	for row := 1; row <= rows; row++ {
		fmt.Fprintf(out, "%d\t%d\t%d\t\n", row, row*row, row*row*row)
	}
	out.Flush()
}
