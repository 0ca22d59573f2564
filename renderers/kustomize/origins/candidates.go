package origins

// This file owns candidates: the sources that a field may come from when its node does not tell.

import (
	"encoding/base64"
	"strings"

	y3 "go.yaml.in/yaml/v3"
)

// maxCandidates bounds what one field may come from, and maxReplacing what a replacement may have taken its value from:
// what is found everywhere says nothing.
const (
	maxCandidates = 64
	maxReplacing  = 200
)

// candidates are the sources of all files, by what they are looked for.
type candidates struct {
	// byField has those with a value under a pointer, and byValue those with a value.
	byField map[wanted][]*source
	byValue map[string][]*source
	byKey   map[place]*source
	// setters are the fields of kustomizations that end up in the output, by value.
	setters map[string][]*source
	// outermost is the kustomization that is rendered.
	outermost string
	// doubt are the fields that replacements write to, and replacing the sources that they read.
	doubt     [][]string
	replacing []*source
	// moves are what JSON patches take from elsewhere: from, to.
	moves [][2]string
}

// wanted is a value under a pointer without indexes.
type wanted struct{ pattern, value string }

func candidatesOf(r *reads, doubt [][]string, set setters) *candidates {
	c := &candidates{
		byField: map[wanted][]*source{}, byValue: map[string][]*source{}, byKey: map[place]*source{},
		setters: map[string][]*source{}, outermost: r.outermost, doubt: doubt,
	}
	from := fieldPaths(r, replacedFrom)
	for _, f := range r.sorted() {
		for _, d := range f.documents {
			d.parse()
			c.moves = append(c.moves, d.moves...)
			for _, s := range d.sources {
				c.add(s)
				if isTouched(from, s.path) && len(c.replacing) < maxReplacing {
					c.replacing = append(c.replacing, s)
				}
			}
		}
	}
	for _, s := range set.others {
		c.setters[s.value] = append(c.setters[s.value], s)
	}
	for _, s := range set.sources {
		c.setters[s.value] = append(c.setters[s.value], s)
		if s.spot != nil {
			c.add(s)
		}
	}
	return c
}

func (c *candidates) add(s *source) {
	pattern := anyItem(s.path)
	if s.writes != "" {
		pattern = anyItem(s.writes)
	}
	pattern = strings.TrimPrefix(pattern, "/items/#") // of a list, kustomize takes the items
	field := wanted{pattern, s.value}
	c.byField[field] = append(c.byField[field], s)
	if len(c.doubt) > 0 {
		c.byValue[s.value] = append(c.byValue[s.value], s)
	}
	if s.key != nil {
		c.byKey[s.key.place] = s
	}
}

// anyItem is a pointer with `#` for each index, and for the `-` that a JSON patch appends with.
func anyItem(pointer string) string {
	tokens := strings.Split(pointer, "/")
	for i, token := range tokens {
		if token == "-" || token != "" && strings.Trim(token, "0123456789") == "" {
			tokens[i] = "#"
		}
	}
	return strings.Join(tokens, "/")
}

// of lists the candidates of a field: what is written where its node or its key comes from, those with its value under the
// same pointer, and where a replacement writes, any that it may have read.
func (c *candidates) of(a *answers, f *field) []*source {
	var found []*source
	seen := map[*source]bool{}
	add := func(list ...*source) {
		for _, s := range list {
			if s != nil && s.kind == isScalar && !seen[s] && len(found) < maxCandidates {
				seen[s] = true
				found = append(found, s)
			}
		}
	}
	add(a.from[f.pointer])
	if k, ok := a.keys[f.pointer]; ok {
		add(c.byKey[k.place])
	}
	if a.home != nil {
		add(a.home.at(f.pointer))
	}
	if isTouched(c.doubt, f.pointer) {
		add(c.replacing...)
		add(c.byValue[f.node.Value]...)
	}
	pattern := anyItem(f.pointer)
	add(c.byField[wanted{pattern, f.node.Value}]...)
	if a.resource.kind == "Secret" {
		add(c.byField[wanted{pattern, decoded(f.node.Value)}]...)
	}
	for _, m := range c.moves {
		if rest, ok := strings.CutPrefix(pattern, anyItem(m[1])); ok && (rest == "" || rest[0] == '/') {
			add(c.byField[wanted{anyItem(m[0]) + rest, f.node.Value}]...)
		}
	}
	return found
}

// decoded is the text that a value of a secret stands for.
func decoded(value string) string {
	text, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(value), ""))
	if err != nil {
		return value
	}
	return string(text)
}

// guess concludes where an open field comes from, without proof.
func (c *candidates) guess(a *answers, f *field) (place, bool) {
	touched, own := isTouched(c.doubt, f.pointer), a.from[f.pointer]
	if a.proved[f.pointer] {
		return place{}, false
	}
	if s := c.setter(a, f); s != nil {
		return s.place, true
	}
	if _, made := a.values[f.pointer]; made && a.home == nil {
		return place{}, false
	}
	if own != nil && own.value == f.node.Value && !touched && (f.node.Line > firstLine || own.in == a.home) {
		return place{}, false
	}
	if touched {
		for _, s := range c.replacing {
			if s.value == f.node.Value {
				return s.place, true
			}
		}
	}
	if best := c.best(a, f); best != nil {
		return best.place, true
	}
	if k, ok := a.keys[f.pointer]; ok && f.node.Line <= firstLine {
		return k.place, true
	}
	return place{}, false
}

// best is the likeliest of the candidates with a field's value: a patch's value goes before what it was written over, the
// object's own document before others, and within it the item of the same index before others. Among equals of other
// documents there is none.
func (c *candidates) best(a *answers, f *field) *source {
	const elsewhere = 3
	rank := func(s *source) int {
		switch {
		case s.writes != "":
			return 0
		case s.in == a.home && s.path == f.pointer:
			return 1
		case s.in == a.home:
			return 2
		}
		return elsewhere
	}
	var best *source
	tied := false
	for _, s := range c.of(a, f) {
		same := s.value == f.node.Value || a.resource.kind == "Secret" && s.value == decoded(f.node.Value)
		if !same || s == a.from[f.pointer] {
			continue
		}
		if best == nil || rank(s) < rank(best) {
			best, tied = s, false
		} else if rank(s) == rank(best) {
			tied = true
		}
	}
	if best != nil && tied && rank(best) == elsewhere {
		return nil
	}
	return best
}

// metadataOptions are the options of buildMetadata by the field that they make.
var metadataOptions = map[string]string{
	"/metadata/annotations/config.kubernetes.io~1origin":                "originAnnotations",
	"/metadata/annotations/alpha.config.kubernetes.io~1transformations": "transformerAnnotations",
	"/metadata/labels/app.kubernetes.io~1managed-by":                    "managedByLabel",
}

// setter finds the field of a kustomization that has set a field whose node lost its place to this value: of several, that
// of the outermost kustomization.
func (c *candidates) setter(a *answers, f *field) *source {
	if f.node.Line > firstLine {
		return nil
	}
	if option := metadataOptions[f.pointer]; option != "" && len(c.setters[option]) > 0 {
		return c.setters[option][0]
	}
	var best *source
	for _, s := range c.setters[f.node.Value] {
		name := last(s.path)
		fits := name == last(f.pointer) || name == "count" && last(f.pointer) == "replicas" ||
			s.path == "/namespace" && a.resource.kind == "Namespace" && f.pointer == "/metadata/name"
		if fits && s.writes == "" && (best == nil || s.file == c.outermost) {
			best = s
		}
	}
	return best
}

// editable leaves out what a change would break for sure: what an object is.
func editable(s *source) bool {
	return s.path != "/kind" && s.path != "/apiVersion" && s.style&y3.TaggedStyle == 0
}

// names says whether a source names its object: changed, patches and references may miss it.
func names(s *source) bool {
	return strings.HasSuffix(s.path, "/name") || strings.HasSuffix(s.path, "/namespace") || strings.Contains(s.path, "/target/")
}
