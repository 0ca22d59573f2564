package main

// This file owns the cases: charts of testdata are rendered, what is told of each line is compared with the file beside
// them, and each place is proved by changing what is written there. `go test -update` writes what is told.

import (
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v4/pkg/chart/v2/loader"
	chartutil "helm.sh/helm/v4/pkg/chart/v2/util"

	"sluice.dev/renderers/protocol"
)

var update = flag.Bool("update", false, "write expected places")

var shop = request{
	Chart: "shop", Name: "acme", Namespace: "default", IncludeCRDs: true, Values: []string{"production.yaml"},
	Set: []string{"service.type=NodePort,sessions.policy=fifo", "service.port=9090"}, SetString: []string{"podAnnotations.number=5"},
}

// in runs a test in a folder, as the guest runs in the root of a checkout.
func in(t *testing.T, folder string) {
	t.Helper()
	t.Chdir(folder)
	slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil)))
}

func ask(t *testing.T, r request, level protocol.Level) (protocol.Response, error) {
	t.Helper()
	r.Origins = level
	c, err := load(r)
	if err != nil {
		return protocol.Response{}, err
	}
	return render(c, r)
}

func TestShop(t *testing.T) {
	in(t, "testdata")
	response, err := ask(t, shop, protocol.All)
	if err != nil {
		t.Fatal(err)
	}
	if len(response.Warnings) > 0 {
		t.Error(response.Warnings)
	}
	compare(t, "shop.expected", describe(response))
	s := check(t, shop, response)
	t.Logf("%+v", s)
	if s.wrong > 0 || s.wrongValues > 0 {
		t.Errorf("%d lines and %d values are told and wrong", s.wrong, s.wrongValues)
	}
	if s.proved*100 < s.lines*99 {
		t.Errorf("of %d lines only %d are proved", s.lines, s.proved)
	}
}

// TestPlain has documents that are alike, and functions that look at values.
func TestPlain(t *testing.T) {
	in(t, "testdata")
	r := request{Chart: "plain", Name: "acme", Namespace: "default"}
	response, err := ask(t, r, protocol.All)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "plain.expected", describe(response))
	if s := check(t, r, response); s.wrong > 0 || s.wrongValues > 0 || s.proved < s.lines {
		t.Errorf("%+v", s)
	}
}

// TestNotTheSame: a line that differs from render to render is not told of, and takes the proof from its file.
func TestNotTheSame(t *testing.T) {
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS("testdata/plain")); err != nil {
		t.Fatal(err)
	}
	template := "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  at: {{ date \"05.000000000\" \"now\" | quote }}\n"
	if err := os.WriteFile(filepath.Join(folder, "templates", "all.yaml"), []byte(template), 0o644); err != nil {
		t.Fatal(err)
	}
	in(t, folder)
	response, err := ask(t, request{Chart: ".", Name: "a", Namespace: "b"}, protocol.All)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range response.Origins {
		if o[5] == 1 || strings.Contains(strings.Split(string(response.Text), "\n")[o[0]-1], "at:") {
			t.Errorf("%v is told", o)
		}
	}
	if len(response.Origins) < 8 {
		t.Errorf("only %d origins", len(response.Origins))
	}
}

// TestCreated holds the figures over the chart that `helm create` makes.
func TestCreated(t *testing.T) {
	folder := t.TempDir()
	if _, err := chartutil.Create("made", folder); err != nil {
		t.Fatal(err)
	}
	in(t, folder)
	r := request{Chart: "made", Name: "acme", Namespace: "default", Set: []string{"ingress.enabled=true,httpRoute.enabled=true", "autoscaling.enabled=true"}}
	response, err := ask(t, r, protocol.All)
	if err != nil {
		t.Fatal(err)
	}
	s := check(t, r, response)
	t.Logf("%+v", s)
	if s.wrong > 0 || s.wrongValues > 0 || s.proved < s.lines || s.values < 25 {
		t.Errorf("%+v", s)
	}
}

// TestArchive leads into the archive of a subchart.
func TestArchive(t *testing.T) {
	folder := t.TempDir()
	for name, text := range map[string]string{
		"Chart.yaml":  "apiVersion: v2\nname: outer\nversion: 1.0.0\n",
		"values.yaml": "plain: {name: inner}\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	inner, err := loader.Load("testdata/plain")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := chartutil.Save(inner, filepath.Join(folder, "charts")); err != nil {
		t.Fatal(err)
	}
	in(t, folder)
	response, err := ask(t, request{Chart: ".", Name: "a", Namespace: "b"}, protocol.All)
	if err != nil {
		t.Fatal(err)
	}
	told := describe(response)
	for _, want := range []string{
		"  name: inner-0\n    <- charts/plain-1.0.0.tgz/templates/all.yaml:6\n",
		"    <- value values.yaml:1\n",
	} {
		if !strings.Contains(told, want) {
			t.Errorf("%q is not in\n%s", want, told)
		}
	}
}

// TestTextIsThatWithoutOrigins compares bytes, and two runs.
func TestTextIsThatWithoutOrigins(t *testing.T) {
	in(t, "testdata")
	r := shop
	r.Chart = "plain"
	want, err := ask(t, r, protocol.None)
	if err != nil {
		t.Fatal(err)
	}
	for _, level := range []protocol.Level{protocol.Positions, protocol.All} {
		one, err := ask(t, r, level)
		if err != nil {
			t.Fatal(err)
		}
		two, _ := ask(t, r, level)
		if string(one.Text) != string(want.Text) {
			t.Error("origins change the text")
		}
		if fmt.Sprint(one) != fmt.Sprint(two) {
			t.Error("not the same twice")
		}
	}
}

// TestLettersOfMarks: a chart that holds the letters that marks are made of is rendered, and says why no origins are told.
func TestLettersOfMarks(t *testing.T) {
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS("testdata/plain")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "values.yaml"), []byte("name: \uA4D0\uA4E1\uA4D1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	in(t, folder)
	response, err := ask(t, request{Chart: ".", Name: "a", Namespace: "b"}, protocol.All)
	if err != nil || len(response.Origins) > 0 || len(response.Warnings) != 1 || !strings.Contains(string(response.Text), "\uA4D0") {
		t.Errorf("%v %v", response.Warnings, err)
	}
}

// describe writes each line with what is told of it.
func describe(r protocol.Response) string {
	lines := strings.Split(string(r.Text), "\n")
	notes := make([][]string, len(lines))
	for _, o := range r.Origins {
		note := fmt.Sprintf("%s:%d", r.Files[o[2]], o[3])
		if o[1] > 0 {
			note = fmt.Sprintf("%d %s:%d", o[1], note, o[4])
		}
		if o[5] == 0 {
			note += " unproved"
		}
		notes[o[0]-1] = append(notes[o[0]-1], note)
	}
	for _, v := range r.Values {
		notes[v[0]-1] = append(notes[v[0]-1], fmt.Sprintf("value %s:%d", r.Files[v[1]], v[2]))
	}
	var b strings.Builder
	for i, line := range lines {
		if strings.Contains(line, "password") {
			line = "  password: (any)"
		}
		fmt.Fprintf(&b, "%s\n", line)
		for _, note := range notes[i] {
			fmt.Fprintf(&b, "    <- %s\n", note)
		}
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
	g, w := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range max(len(g), len(w)) {
		if i >= len(g) || i >= len(w) || g[i] != w[i] {
			t.Fatalf("line %d of %s differs: told %q", i+1, file, g[min(i, len(g)-1)])
		}
	}
}

// score counts lines that hold something: all, told as proved, leading to the right line, wrong though told as proved; and
// values in the same way.
type score struct{ lines, proved, right, wrong, unchecked, values, rightValues, wrongValues int }

// check changes what is written at each place that is told, by other means than the code under test, and looks whether the
// line changes.
func check(t *testing.T, r request, told protocol.Response) score {
	t.Helper()
	// Chance would change lines by itself: what is drawn twice differs in any case and is not checked.
	first, _ := ask(t, r, protocol.None)
	second, _ := ask(t, r, protocol.None)
	was, again := strings.Split(string(first.Text), "\n"), strings.Split(string(second.Text), "\n")
	byLine := map[int]protocol.Origin{}
	for _, o := range told.Origins {
		if old, ok := byLine[o[0]]; !ok || o[1] > old[1] {
			byLine[o[0]] = o
		}
	}
	var s score
	root := t.TempDir()
	if err := os.CopyFS(root, os.DirFS(".")); err != nil {
		t.Fatal(err)
	}
	for i, line := range was {
		text := strings.TrimSpace(line)
		if text == "" || text == "---" || strings.HasPrefix(text, "#") {
			continue
		}
		s.lines++
		o, ok := byLine[i+1]
		if !ok {
			t.Logf("unknown: %s", line)
			continue
		}
		if o[5] == 1 {
			s.proved++
		}
		if line != again[i] {
			s.unchecked++
			continue
		}
		now, err := changed(t, root, r, told.Files[o[2]], o[3], o[4], "Q")
		switch {
		case err != nil || len(now) != len(was):
			s.unchecked++
		case occurs(now, line) < occurs(was, line): // a changed kind is printed elsewhere
			s.right++
		case o[5] == 1:
			s.wrong++
			t.Errorf("%q does not come from %s:%d:%d", line, told.Files[o[2]], o[3], o[4])
		}
	}
	for _, v := range told.Values {
		s.values++
		file := told.Files[v[1]]
		if strings.HasPrefix(file, "--set") {
			other := r
			other.Set, other.SetString = slices.Clone(r.Set), slices.Clone(r.SetString)
			list := other.Set
			if file == "--set-string" {
				list = other.SetString
			}
			list[v[2]-1] = strings.ReplaceAll(list[v[2]-1], "=", "=1")
			response, err := ask(t, other, protocol.None)
			if now := strings.Split(string(response.Text), "\n"); err == nil && len(now) == len(was) && now[v[0]-1] == was[v[0]-1] {
				s.wrongValues++
				t.Errorf("%q does not have its value from %s %s", was[v[0]-1], file, r.Set)
			} else {
				s.rightValues++
			}
			continue
		}
		now, err := changed(t, root, r, file, v[2], 0, "1")
		if err == nil && len(now) == len(was) && now[v[0]-1] == was[v[0]-1] {
			// It may be the key that is printed.
			raw, _ := os.ReadFile(filepath.Join(root, file))
			line := strings.Split(string(raw), "\n")[v[2]-1]
			now, err = changed(t, root, r, file, v[2], len(line)-len(strings.TrimLeft(line, " "))+1, "Q")
		}
		if err == nil && len(now) == len(was) && now[v[0]-1] == was[v[0]-1] {
			s.wrongValues++
			t.Errorf("%q does not have its value from %s:%d", was[v[0]-1], file, v[2])
		} else if err == nil {
			s.rightValues++
		}
	}
	return s
}

func occurs(lines []string, line string) (n int) {
	for _, l := range lines {
		if l == line {
			n++
		}
	}
	return n
}

// changed renders with one more letter at a place: before a template's column, or before the last word of a line of values.
func changed(t *testing.T, root string, r request, file string, line, column int, letter string) ([]string, error) {
	t.Helper()
	name := filepath.Join(root, file)
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	defer os.WriteFile(name, raw, 0o644)
	lines := strings.Split(string(raw), "\n")
	text := []rune(lines[line-1])
	at := column - 1
	if column == 0 {
		trimmed := strings.TrimRight(string(text), "\" ")
		if trimmed, found := strings.CutSuffix(trimmed, "false"); found {
			text, letter, at = []rune(trimmed), "true", len([]rune(trimmed))
		} else if open := strings.Index(trimmed, "{{"); open >= 0 {
			at = len([]rune(trimmed[:open]))
		} else {
			at = len([]rune(trimmed)) - boolTo(strings.HasSuffix(trimmed, ":"))
		}
	}
	lines[line-1] = string(text[:at]) + letter + string(text[at:])
	if err := os.WriteFile(name, []byte(strings.Join(lines, "\n")), 0o644); err != nil {
		t.Fatal(err)
	}
	before, _ := os.Getwd()
	defer os.Chdir(before)
	if err := os.Chdir(root); err != nil {
		t.Fatal(err)
	}
	response, err := ask(t, r, protocol.None)
	return strings.Split(string(response.Text), "\n"), err
}

func boolTo(b bool) int {
	if b {
		return 1
	}
	return 0
}
