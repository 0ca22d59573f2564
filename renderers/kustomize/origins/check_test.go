package origins

// This file owns the proof of what is told, by other means than the code under test: a source line is changed as a person
// would change it, the checkout is rendered without origins, and the field must have changed.

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// score counts scalars: all, told as proved, leading to the right line, told as proved but wrong, and those whose source
// cannot be changed without breaking the render.
type score struct{ scalars, proved, right, wrong, unchecked int }

func (s *score) add(o score) {
	s.scalars += o.scalars
	s.proved += o.proved
	s.right += o.right
	s.wrong += o.wrong
	s.unchecked += o.unchecked
}

// check changes the source of each scalar, or of every n-th, and looks whether the scalar changes.
func (told told) check(t *testing.T, root, name string, every int) score {
	t.Helper()
	var s score
	before := plain(t, root, name, "", nil)
	order := told.order(before)
	outcomes := map[string]rendered{}
	for i, l := range told.lines {
		if i%every != 0 {
			continue
		}
		s.scalars++
		if l.at == nil {
			t.Logf("unknown: %s %s", l.object, l.pointer)
			continue
		}
		file, exact := told.response.Files[l.at[2]], l.at[5] == 1
		if exact {
			s.proved++
		}
		place := file + ":" + strconv.Itoa(l.at[3]) + ":" + strconv.Itoa(l.at[4])
		after, done := outcomes[place]
		if !done {
			raw, err := os.ReadFile(filepath.Join(root, file))
			if err != nil {
				t.Fatal(err)
			}
			after = plain(t, root, name, file, change(string(raw), l.at[3], l.at[4]))
			outcomes[place] = after
		}
		switch {
		case !exact && made(l, root, file):
			s.right++
		case after == nil || len(after) != len(before):
			s.unchecked++
			if exact {
				s.right++ // told by the same means as its neighbours
			}
		case differs(before[order[l.document]], after[order[l.document]], l.pointer):
			s.right++
		case exact:
			s.wrong++
			t.Errorf("%s %s = %q does not come from %s", l.object, l.pointer, l.value, place)
		default:
			t.Logf("wrong, unproved: %s %s = %q from %s", l.object, l.pointer, l.value, place)
		}
	}
	return s
}

// made says whether a field is written nowhere and is told to come from what makes its object: what a generated object is, or
// what an option of the kustomization adds.
func made(l line, root, file string) bool {
	raw, err := os.ReadFile(filepath.Join(root, file))
	if err != nil || l.at[3] > strings.Count(string(raw), "\n") {
		return false
	}
	text := strings.Split(string(raw), "\n")[l.at[3]-1]
	switch {
	case l.pointer == "/apiVersion" || l.pointer == "/kind" || l.pointer == "/type":
		_, name, _ := strings.Cut(l.object, "/")
		for name != "" && !strings.Contains(text, name) {
			name = name[:max(strings.LastIndexByte(name, '-'), 0)]
		}
		return name != ""
	case metadataOptions[l.pointer] != "":
		return strings.Contains(text, metadataOptions[l.pointer])
	}
	return false
}

// checkKeys looks whether each place that is told as proved exists, and that a key stands where one is told.
func (told told) checkKeys(t *testing.T, root string) {
	t.Helper()
	printed := strings.Split(string(told.response.Text), "\n")
	for _, o := range told.response.Origins {
		raw, err := os.ReadFile(filepath.Join(root, told.response.Files[o[2]]))
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(raw), "\n")
		if o[3] < 1 || o[3] > len(lines) || o[4] > len([]rune(lines[o[3]-1]))+1 {
			t.Errorf("%v is outside of %s", o, told.response.Files[o[2]])
			continue
		}
		if o[1] == 0 || o[4] == 0 || o[5] == 0 {
			continue
		}
		out := string([]rune(printed[o[0]-1])[o[1]-1:])
		in := strings.TrimLeft(string([]rune(lines[o[3]-1])[o[4]-1:]), `"'`)
		key, _, isKey := strings.Cut(out, ":")
		if key = strings.Trim(key, `"'`); isKey && !strings.ContainsAny(key, " /\\") && !strings.HasPrefix(in, key) && strings.HasSuffix(out, key+":") {
			t.Errorf("key %q is told to stand at %q", key, in)
		}
	}
}

// differs says whether a field changed; its being gone is a change.
func differs(before, after *resource, pointer string) bool {
	a, ok := before.value(pointer)
	b, still := after.value(pointer)
	return ok && (!still || a != b)
}

// order gives each printed document its index in the unsorted result.
func (told told) order(before rendered) []int {
	var order []int
	for i, l := range told.lines {
		if i > 0 && told.lines[i-1].document == l.document {
			continue
		}
		found := -1
		for j, r := range before {
			if r.kind+"/"+r.name == l.object {
				found = j
			}
		}
		order = append(order, found)
	}
	return order
}

// plain renders without origins and without sorting, one file changed; nil where that is an error.
func plain(t *testing.T, root, name, changed string, content []byte) rendered {
	t.Helper()
	defer silence()()
	o := kubectl()
	o.Reorder = krusty.ReorderOptionNone
	files := changedFiles{filesys.MakeFsOnDisk(), filepath.Join(root, changed), content}
	m, err := krusty.MakeKustomizer(o).Run(files, filepath.Join(root, name))
	if err != nil {
		return nil
	}
	return treesOf(m)
}

type changedFiles struct {
	filesys.FileSystem
	name    string
	content []byte
}

func (c changedFiles) ReadFile(name string) ([]byte, error) {
	if name == c.name && c.content != nil {
		return c.content, nil
	}
	return c.FileSystem.ReadFile(name)
}

// change makes the value at a place another one: a digit becomes another digit, a letter another letter, in what follows
// the place, past quotes, `=` and block headers.
func change(raw string, lineNumber, column int) []byte {
	lines := strings.SplitAfter(raw, "\n")
	text := []rune(lines[lineNumber-1])
	i := max(column-1, 0)
	rest := string(text[i:])
	if trimmed := strings.TrimSpace(rest); strings.HasPrefix(trimmed, "|") || strings.HasPrefix(trimmed, ">") {
		return append([]byte(strings.Join(lines[:lineNumber], "")), change(strings.Join(lines[lineNumber:], ""), 1, indentOf(lines[lineNumber])+1)...)
	}
	if word, _, _ := strings.Cut(rest, " "); strings.Contains(word, "=") && !strings.HasPrefix(rest, "=") {
		i += len([]rune(rest[:strings.IndexByte(rest, '=')+1]))
	}
	for i < len(text)-1 && strings.ContainsRune(`"'$(-`, text[i]) {
		i++
	}
	for _, word := range [][2]string{{"true", "false"}, {"false", "true"}} {
		if strings.HasPrefix(string(text[i:]), word[0]) {
			lines[lineNumber-1] = string(text[:i]) + word[1] + string(text[i+len(word[0]):])
			return []byte(strings.Join(lines, ""))
		}
	}
	switch c := text[i]; {
	case c >= '0' && c < '9' || c >= 'a' && c < 'z' || c >= 'A' && c < 'Z':
		text[i]++
	case c == '9' || c == 'z' || c == 'Z':
		text[i]--
	default:
		text[i] = 'x'
	}
	lines[lineNumber-1] = string(text)
	return []byte(strings.Join(lines, ""))
}

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }
