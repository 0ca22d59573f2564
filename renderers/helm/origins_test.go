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
	"strings"
	"testing"

	"helm.sh/helm/v4/pkg/chart/v2/loader"
	chartutil "helm.sh/helm/v4/pkg/chart/v2/util"

	"sluice.dev/renderers/protocol"
)

var update = flag.Bool("update", false, "write expected places")

var shop = request{
	Chart: "./shop/", Name: "acme", Namespace: "default", IncludeCRDs: true, Values: []string{"./production.yaml"},
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

// TestCharts holds the figures over the charts that renderers are compared on.
func TestCharts(t *testing.T) {
	in(t, filepath.Join("..", "..", "tests", "render", "helm"))
	folders, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var all score
	for _, folder := range folders {
		name := folder.Name()
		if strings.HasPrefix(name, "fails-") || name == "archive" || name == "random" { // failing, packed first, keys that take long
			continue
		}
		t.Run(name, func(t *testing.T) {
			r := request{Chart: name, Name: "acme", Namespace: "default", IncludeCRDs: true}
			if name == "values" {
				r.Values = []string{"values/values-prod.yaml", "values/values-last.yaml"}
			}
			want, err := ask(t, r, protocol.None)
			if err != nil {
				t.Fatal(err)
			}
			response, err := ask(t, r, protocol.All)
			if err != nil {
				t.Fatal(err)
			}
			if string(want.Text) != string(response.Text) {
				t.Error("origins change the text")
			}
			s := check(t, r, response)
			t.Logf("%+v %v", s, response.Warnings)
			all.add(s)
		})
	}
	t.Logf("%+v", all)
	if all.wrong > 0 || all.wrongValues > 0 || all.proved*100 < all.lines*99 || all.rightValues*100 < all.values*95 {
		t.Errorf("%+v", all)
	}
}
