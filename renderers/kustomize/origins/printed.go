package origins

// This file owns places in the printed text: it reads the text again and walks it in step with the tree that was printed.

import (
	"bytes"
	"cmp"
	"errors"
	"slices"
	"strconv"

	y3 "go.yaml.in/yaml/v3"
)

// entry is one origin: a place in the output and what is known of it.
type entry struct {
	line, column int
	from         answer
}

var errPrinted = errors.New("cannot tell origins: the printed text does not read as the objects it was printed from")

// entriesOf reads the text and gives the origins of its values and keys, sorted by their place in it.
func entriesOf(text []byte, all []*answers) ([]entry, error) {
	d := y3.NewDecoder(bytes.NewReader(text))
	var entries []entry
	for _, a := range all {
		var n y3.Node
		if d.Decode(&n) != nil || len(n.Content) == 0 {
			return nil, errPrinted
		}
		first := n.Content[0]
		if a.start.known() {
			entries = append(entries, entry{first.Line, 0, answer{place{a.start.file, a.start.line, 0}, false}})
		}
		entries = a.walk(first, "", entries)
	}
	slices.SortStableFunc(entries, func(a, b entry) int {
		return cmp.Or(a.line-b.line, a.column-b.column)
	})
	return slices.CompactFunc(entries, func(a, b entry) bool { return a.line == b.line && a.column == b.column }), nil
}

// walk adds a value's origins. Keys and scalars come before the collections that begin where they do.
func (a *answers) walk(n *y3.Node, pointer string, entries []entry) []entry {
	f := a.resource.byPointer[pointer]
	if f == nil {
		return entries
	}
	own, known := a.values[pointer]
	switch n.Kind {
	case y3.ScalarNode:
		if known {
			entries = append(entries, entry{n.Line, n.Column, own})
		}
		return entries
	case y3.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, inner := n.Content[i], pointer+"/"+escape(n.Content[i].Value)
			if k, ok := a.keys[inner]; ok {
				entries = append(entries, entry{key.Line, key.Column, k})
			}
			entries = a.walk(n.Content[i+1], inner, entries)
		}
	case y3.SequenceNode:
		for i, item := range n.Content {
			entries = a.walk(item, pointer+"/"+strconv.Itoa(i), entries)
		}
	case y3.DocumentNode, y3.AliasNode:
	}
	if n.Kind == y3.MappingNode && n.Style&y3.FlowStyle == 0 && len(n.Content) > 0 {
		// A block mapping begins where its first key does; if nothing is known of that key, the mapping's own key is near.
		own, known = a.keys[pointer]
		own.exact = false
	}
	if known {
		entries = append(entries, entry{n.Line, n.Column, own})
	}
	return entries
}
