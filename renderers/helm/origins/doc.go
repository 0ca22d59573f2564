// Package origins tells where each line of a chart's output was written: the line of the template, through includes to the
// innermost, and the line of a file of values whose value stands there as it is.
//
// Helm keeps no such record. So the chart's templates are parsed and printed again with marks (template.go), letters that
// templates, quoting and YAML leave alone; the chart is rendered once more; and where the output without its marks is the
// output, the marks are proof. The same is done with marks in the values. The package changes nothing about the output, and
// holds no state between calls.
package origins
