package origins

import (
	"reflect"
	"strings"
	"testing"
)

func TestOutline(t *testing.T) {
	file := "\n\n---\n  kind: A\nx: 1\n--- kind: B\ny: 2\n---\n\n"
	printed := "---\n# Source: c/t.yaml\nkind: B\ny: 2\n\n---\n# Source: c/t.yaml\nkind: A\nx: 1\n"
	want := []taken{
		{name: "c/t.yaml", line: 5, header: true}, {name: "c/t.yaml", line: 5, header: true},
		{name: "c/t.yaml", line: 5, shift: 4}, {name: "c/t.yaml", line: 6}, {},
		{name: "c/t.yaml", line: 3, header: true}, {name: "c/t.yaml", line: 3, header: true},
		{name: "c/t.yaml", line: 3, shift: 2}, {name: "c/t.yaml", line: 4}, {},
	}
	if got := outline(printed, map[string]string{"c/t.yaml": file}, nil); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
}

// TestInstrument looks at what templates must not notice.
func TestInstrument(t *testing.T) {
	m := &marks{}
	text := "a: {{- /* gone */ -}} {{ .x }}\n  b: { {{- .y -}} }\n{{ define \"h\" }}text{{ end }}{{ range .z }}{{ break }}{{ end }}"
	got := instrument(m, "t", "t", text, false)
	if strings.Contains(strip(got), "gone") || !strings.Contains(got, "{{`{`}}") {
		t.Error(got)
	}
	if broken := "{{ if }"; instrument(m, "t", "t", broken, false) != broken {
		t.Error("a template that does not parse is changed")
	}
	for _, s := range m.spots {
		if s.line < 1 || s.column < 1 {
			t.Errorf("%+v", s)
		}
	}
}

func TestSplitSet(t *testing.T) {
	got := editSet(setFile, 1, `a.b=c,d={x,y},e=5,f=g\,h`, false, func(s *scalar, text string) (string, bool) { return "<" + text + ">", s.kind == isText })
	if want := `a.b=<c>,d={x,y},e=5,f=<g\,h>`; got != want {
		t.Errorf("%s is not %s", got, want)
	}
}
