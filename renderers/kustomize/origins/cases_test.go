package origins

// This file owns the cases: each folder of testdata is rendered, its origins are compared with the files `expected` and
// `expected.positions` beside the kustomization, and each is proved by changing what is written there. `go test -update` writes what is told.

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	y3 "go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"

	"sluice.dev/renderers/protocol"
)

var update = flag.Bool("update", false, "write expected places")

// cases are the kustomizations of testdata that nothing else includes.
var cases = []string{"layers/overlay", "operations", "generators/overlay", "replacements", "texts", "twins"}

func kubectl() *krusty.Options {
	o := krusty.MakeDefaultOptions()
	o.Reorder = krusty.ReorderOptionUnspecified
	return o
}

func TestCases(t *testing.T) {
	root, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	var total, positions score
	for _, name := range cases {
		t.Run(name, func(t *testing.T) {
			told := tell(t, root, name, protocol.All)
			compare(t, filepath.Join(root, name, "expected"), told.String())
			s := told.check(t, root, name, 1)
			t.Logf("%s: %+v", name, s)
			total.add(s)
			cheap := tell(t, root, name, protocol.Positions)
			compare(t, filepath.Join(root, name, "expected.positions"), cheap.String())
			p := cheap.check(t, root, name, 1)
			t.Logf("%s, positions: %+v", name, p)
			positions.add(p)
			told.checkKeys(t, root)
			cheap.checkKeys(t, root)
		})
	}
	t.Logf("all: %+v", total)
	t.Logf("positions: %+v", positions)
	if positions.proved*100 < positions.scalars*50 || positions.right*100 < positions.scalars*90 {
		t.Errorf("of %d scalars positions prove %d and lead %d to the right line", positions.scalars, positions.proved, positions.right)
	}
	if total.proved*100 < total.scalars*95 || total.right < total.scalars {
		t.Errorf("of %d scalars %d are proved and %d lead to the right line", total.scalars, total.proved, total.right)
	}
}

func TestTextIsThatWithoutOrigins(t *testing.T) {
	root, _ := filepath.Abs("testdata")
	for _, name := range cases {
		m, err := krusty.MakeKustomizer(kubectl()).Run(filesys.MakeFsOnDisk(), filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		want, _ := m.AsYaml()
		for _, level := range []protocol.Level{protocol.Positions, protocol.All} {
			one, err := Render(filesys.MakeFsOnDisk(), root, filepath.Join(root, name), kubectl(), level)
			if err != nil {
				t.Fatal(name, err)
			}
			if !bytes.Equal(one.Text, want) {
				t.Errorf("%s: origins change the text", name)
			}
			two, _ := Render(filesys.MakeFsOnDisk(), root, filepath.Join(root, name), kubectl(), level)
			if fmt.Sprint(one) != fmt.Sprint(two) {
				t.Errorf("%s: not the same twice", name)
			}
		}
	}
}

func TestErrorsAreThoseWithoutOrigins(t *testing.T) {
	files := filesys.MakeFsInMemory()
	files.WriteFile("/kustomization.yaml", []byte("resources: [a.yaml]\n"))
	files.WriteFile("/a.yaml", []byte("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n   b: c\n"))
	_, want := krusty.MakeKustomizer(kubectl()).Run(files, "/")
	_, got := Render(files, "/", "/", kubectl(), protocol.Positions)
	if want == nil || got == nil || got.Error() != want.Error() {
		t.Errorf("%v is not %v", got, want)
	}
}

// line is a scalar of the output and what was told of it.
type line struct {
	document int
	object   string
	pointer  string
	value    string
	at       *protocol.Origin
}

type told struct {
	response protocol.Response
	lines    []line
}

func tell(t *testing.T, root, name string, level protocol.Level) told {
	t.Helper()
	r, err := Render(filesys.MakeFsOnDisk(), root, filepath.Join(root, name), kubectl(), level)
	if err != nil {
		t.Fatal(err)
	}
	at := map[[2]int]*protocol.Origin{}
	for i, o := range r.Origins {
		at[[2]int{o[0], o[1]}] = &r.Origins[i]
		if i > 0 && (o[0] < r.Origins[i-1][0] || o[0] == r.Origins[i-1][0] && o[1] <= r.Origins[i-1][1]) {
			t.Errorf("origins %v and %v are not in order", r.Origins[i-1], o)
		}
	}
	result := told{response: r}
	d := y3.NewDecoder(bytes.NewReader(r.Text))
	for i := 0; ; i++ {
		var n y3.Node
		if d.Decode(&n) != nil {
			break
		}
		if at[[2]int{n.Content[0].Line, 0}] == nil {
			t.Errorf("document %d has no origin of its own", i)
		}
		var object struct {
			Kind     string
			Metadata struct{ Name string }
		}
		_ = n.Decode(&object)
		eachScalar(n.Content[0], "", func(n *y3.Node, pointer string) {
			result.lines = append(result.lines, line{i, object.Kind + "/" + object.Metadata.Name, pointer, n.Value, at[[2]int{n.Line, n.Column}]})
		})
	}
	return result
}

func eachScalar(n *y3.Node, pointer string, f func(*y3.Node, string)) {
	switch n.Kind {
	case y3.ScalarNode:
		f(n, pointer)
	case y3.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			eachScalar(n.Content[i+1], pointer+"/"+escape(n.Content[i].Value), f)
		}
	default:
		for i, c := range n.Content {
			eachScalar(c, fmt.Sprintf("%s/%d", pointer, i), f)
		}
	}
}

func (t told) String() string {
	var b strings.Builder
	for _, l := range t.lines {
		fmt.Fprintf(&b, "%s %s %q ", l.object, l.pointer, l.value)
		if l.at == nil {
			b.WriteString("unknown\n")
			continue
		}
		fmt.Fprintf(&b, "%s:%d:%d", t.response.Files[l.at[2]], l.at[3], l.at[4])
		if l.at[5] == 0 {
			b.WriteString(" unproved")
		}
		b.WriteString("\n")
	}
	return b.String()
}

func compare(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		g, w := strings.Split(got, "\n"), strings.Split(string(want), "\n")
		for _, l := range g {
			if !slices.Contains(w, l) {
				t.Errorf("told:     %s", l)
			}
		}
		for _, l := range w {
			if !slices.Contains(g, l) {
				t.Errorf("expected: %s", l)
			}
		}
	}
}
