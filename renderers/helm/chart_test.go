package main

import (
	"strings"
	"testing"
	"testing/fstest"

	"helm.sh/helm/v4/pkg/ignore"
)

func TestAChartIsGatheredByHelmsRules(t *testing.T) {
	rules, err := ignore.Parse(strings.NewReader("*.md\nnotes/\n"))
	if err != nil {
		t.Fatal(err)
	}
	rules.AddDefaults()
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	files, err := gather(fstest.MapFS{
		"Chart.yaml":           file("\xEF\xBB\xBFname: a"),
		"README.md":            file("x"),
		"notes/a.txt":          file("x"),
		"templates/a.yaml":     file("a: 1"),
		"templates/.b.yaml":    file("b: 1"),
		"templates/sub/c.yaml": file("c: 1"),
	}, rules)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range files {
		names = append(names, file.Name)
	}
	if got, want := strings.Join(names, " "), "Chart.yaml templates/a.yaml templates/sub/c.yaml"; got != want {
		t.Errorf("gathered %q, want %q", got, want)
	}
	if got := string(files[0].Data); got != "name: a" {
		t.Errorf("the byte order mark stays: %q", got)
	}
}
