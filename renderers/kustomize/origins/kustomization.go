package origins

// This file owns what kustomization files say about values: which of their fields end up in the output, which files they
// make objects of, and which patches are JSON patches.

import (
	"path"
	"regexp"
	"slices"
	"strings"

	y3 "go.yaml.in/yaml/v3"
)

var (
	// setsPath matches the fields of a kustomization whose values appear in rendered objects.
	setsPath = regexp.MustCompile(`^/(name(Prefix|Suffix|space)|common(Labels|Annotations)/[^/]+|labels/\d+/pairs/[^/]+|` +
		`images/\d+/(newName|newTag|digest|tagSuffix)|replacements/\d+/sourceValue|generatorOptions/(labels|annotations)/[^/]+|` +
		`(configMap|secret)Generator/\d+/(name|namespace|type|options/(labels|annotations)/[^/]+))$`)
	countPath    = regexp.MustCompile(`^/replicas/\d+/count$`)
	otherPath    = regexp.MustCompile(`^/(buildMetadata/\d+|(generatorOptions|(configMap|secret)Generator/\d+/options)/immutable)$`)
	literalPath  = regexp.MustCompile(`^/(configMap|secret)Generator/\d+/literals/\d+$`)
	literalsPath = regexp.MustCompile(`^/literals/\d+$`) // of a generator that has a document of its own
	filePath     = regexp.MustCompile(`^/(configMap|secret)Generator/\d+/files/\d+$`)
	envPath      = regexp.MustCompile(`^/(configMap|secret)Generator/\d+/(envs/\d+|env)$`)
	namePath     = regexp.MustCompile(`^/(configMap|secret)Generator/\d+/name$`)
	patchPath    = regexp.MustCompile(`^/(patches|patchesJson6902)/\d+/(patch|path)$`)
	targetPath   = regexp.MustCompile(`/target/(name|kind|namespace|group|version|labelSelector|annotationSelector)$`)
	valuePath    = regexp.MustCompile(`^/\d+/value(/|$)`)
	// plumbing matches the fields of a transformer's or generator's own file that say where, not what.
	plumbing = regexp.MustCompile(`^/(apiVersion|kind|metadata|fieldSpecs|target|targets|source|path|paths|files|envs)(/|$)`)
)

// setters are the sources that a kustomization's own fields, its generators and its JSON patches put into the output.
type setters struct {
	sources []*source
	// targets are one field of the target of each JSON patch: changed, the patch applies to nothing.
	targets []*source
	// generators are the names of generated objects.
	generators []*source
	// others are fields that a trial cannot change, as they hold no text.
	others []*source
}

func settersOf(r *reads) setters {
	var found setters
	for _, f := range r.sorted() {
		if f.kustomization {
			found.add(r, f)
			continue
		}
		for _, d := range f.documents {
			found.plugin(f, d)
		}
	}
	// Names that are given more than once are given last by the generator that makes the object, not by those that merge.
	slices.SortStableFunc(found.generators, func(a, b *source) int { return merges(b) - merges(a) })
	return found
}

func (found *setters) add(r *reads, f *file) {
	for _, d := range f.documents {
		if d.parse(); d.inline != nil {
			found.plugin(f, d)
			continue
		}
		for _, s := range d.sources {
			switch {
			case setsPath.MatchString(s.path), countPath.MatchString(s.path):
				if namePath.MatchString(s.path) {
					found.generators = append(found.generators, s)
				} else {
					found.sources = append(found.sources, s)
				}
			case otherPath.MatchString(s.path):
				found.others = append(found.others, s)
			case literalPath.MatchString(s.path):
				if l := literal(s, f); l != nil {
					found.sources = append(found.sources, l)
				}
			case filePath.MatchString(s.path):
				key, name, keyed := strings.Cut(s.value, "=")
				if !keyed {
					key, name = path.Base(s.value), s.value
				}
				if made := r.files[path.Join(path.Dir(f.path), name)]; made != nil {
					found.sources = append(found.sources, wholeFile(made, key))
				}
			case envPath.MatchString(s.path):
				if env := r.files[path.Join(path.Dir(f.path), s.value)]; env != nil {
					found.sources = append(found.sources, envLines(env)...)
				}
			case patchPath.MatchString(s.path):
				found.patch(r, f, d, s)
			}
		}
	}
}

// plugin keeps the values of a built-in transformer or generator that has a document of its own.
func (found *setters) plugin(f *file, d *document) {
	if !strings.Contains(d.text, "builtin") {
		return
	}
	d.parse()
	if version := d.at("/apiVersion"); version == nil || version.value != "builtin" {
		return
	}
	for _, s := range d.sources {
		if l := literal(s, f); l != nil && literalsPath.MatchString(s.path) {
			found.sources = append(found.sources, l)
		} else if !plumbing.MatchString(s.path) && s.style&y3.LiteralStyle == 0 {
			found.sources = append(found.sources, s)
		}
	}
}

// merges is 1 for the name of a generator that changes another one's object.
func merges(name *source) int {
	behavior := strings.TrimSuffix(name.path, "name") + "behavior"
	if b := name.in.at(behavior); b != nil && b.value != "create" {
		return 1
	}
	return 0
}

// patch keeps a JSON patch's values, and a way to switch it off.
func (found *setters) patch(r *reads, f *file, d *document, s *source) {
	documents := f.documents
	if strings.HasSuffix(s.path, "/path") {
		named := r.files[path.Join(path.Dir(f.path), s.value)]
		if named == nil {
			return
		}
		documents = named.documents
	}
	isPatch := false
	for _, p := range documents {
		if p.inline != s && !(p.inline == nil && p.file != f.path) {
			continue
		}
		if p.parse(); p.root != y3.SequenceNode {
			continue
		}
		isPatch = true
		for _, v := range p.sources {
			if valuePath.MatchString(v.path) && !p.asserts(v) && !slices.Contains(found.sources, v) {
				found.sources = append(found.sources, v)
			}
		}
	}
	if !isPatch {
		return
	}
	entry := s.path[:strings.LastIndexByte(s.path, '/')]
	for _, t := range d.sources {
		if strings.HasPrefix(t.path, entry+"/") && targetPath.MatchString(t.path) {
			found.targets = append(found.targets, t)
			return
		}
	}
}

// asserts says whether an operation only compares: its value goes nowhere.
func (d *document) asserts(value *source) bool {
	op := d.at("/" + strings.Split(value.path, "/")[1] + "/op")
	return op != nil && op.value == "test"
}

// literal is the value behind the `=` of a literal.
func literal(s *source, f *file) *source {
	key, value, found := strings.Cut(s.value, "=")
	raw := f.raw
	start, ok := f.offset(s.place)
	if !found || !ok {
		return nil
	}
	line, _, _ := strings.Cut(raw[start:], "\n")
	equals := strings.Index(line, key+"=")
	if equals < 0 {
		return nil
	}
	from := start + equals + len(key) + 1
	if n := len(value); n > 1 && value[0] == value[n-1] && (value[0] == '"' || value[0] == '\'') {
		value = value[1 : n-1]
		// Within a scalar of the same quotes, this one stands escaped.
		if from++; from < len(raw) && strings.IndexByte(`"'`, raw[from]) >= 0 {
			from++
		}
	}
	return &source{place: s.place, path: "/data/" + escape(key), value: value, in: s.in, spot: &spot{from}}
}

// spot is a place in a file's bytes that is no scalar of a YAML document.
type spot struct{ from int }

// wholeFile is a file that becomes the value of a key.
func wholeFile(f *file, key string) *source {
	return &source{place: place{f.path, 1, 1}, path: "/data/" + escape(key), value: f.raw, in: f.documents[0], spot: &spot{0}}
}

// envLines are the values of a file of KEY=VALUE lines, read as kustomize reads it.
func envLines(f *file) []*source {
	var found []*source
	at := 0
	for i, line := range strings.SplitAfter(f.raw, "\n") {
		text := strings.TrimLeft(strings.TrimPrefix(line, "\ufeff"), " \t")
		key, value, ok := strings.Cut(text, "=")
		if ok && !strings.HasPrefix(text, "#") {
			from := at + len(line) - len(value)
			value = strings.TrimRight(value, "\r\n")
			found = append(found, &source{
				place: place{f.path, i + 1, 1}, path: "/data/" + escape(key), value: value, in: f.documents[0], spot: &spot{from},
			})
		}
		at += len(line)
	}
	return found
}
