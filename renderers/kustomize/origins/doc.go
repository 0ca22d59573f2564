// Package origins tells where each field of a kustomization's output was written.
//
// Kustomize keeps no such record. It does keep, through nearly all that it does, the YAML nodes that it decoded, and a node
// knows its line. So each document is decoded with line numbers of its own (lines.go), which lead back to the file that the
// document was read from (reads.go). A field whose node still says what the file says at that place is proved. For the
// others, sources are changed one by one and the set is rendered again, to see which field moves (trials.go).
//
// The package changes nothing about the output, and holds no state between calls. When it does not know, it says nothing
// or says so: an origin that is marked as proved was proved.
package origins
