package main

// This file owns archives in charts: what is told of origins never changes the text, nor does it fail where it cannot be told.

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sluice.dev/renderers/protocol"
)

// packed is a gzipped archive of files of this size.
func packed(t *testing.T, size int, names ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	zipped := gzip.NewWriter(&b)
	archive := tar.NewWriter(zipped)
	for _, name := range names {
		data := bytes.Repeat([]byte("#"), size)
		if strings.HasSuffix(name, "Chart.yaml") {
			data = []byte("apiVersion: v2\nname: sub\nversion: 1.0.0\n")
		}
		if err := archive.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(data))}); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// chartOf writes a chart that prints one of its files, and holds another.
func chartOf(t *testing.T, printed, name string, data []byte) {
	t.Helper()
	t.Chdir(t.TempDir())
	for path, data := range map[string][]byte{
		"c/Chart.yaml":       []byte("apiVersion: v2\nname: c\nversion: 1.0.0\n"),
		"c/templates/a.yaml": []byte(fmt.Sprintf("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  x: {{ .Files.Get %q | b64enc }}\n", printed)),
		"c/" + name:          data,
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// told renders the chart with as much told as can be: the text is that of a render of which nothing is told.
func told(t *testing.T) protocol.Response {
	t.Helper()
	var last protocol.Response
	var text []byte
	for _, level := range []protocol.Level{protocol.None, protocol.Positions, protocol.All} {
		response, err := ask(t, request{Chart: "c", Name: "a", Namespace: "default"}, level)
		if err != nil {
			t.Fatal(level, err)
		}
		if text == nil {
			text = response.Text
		}
		if !bytes.Equal(text, response.Text) {
			t.Error(level, "the text is another")
		}
		last = response
	}
	return last
}

func TestAnArchiveAmongFilesIsNoChart(t *testing.T) {
	name := "files/charts/bundle.tgz"
	chartOf(t, name, name, packed(t, 10, "note.txt"))
	response := told(t)
	if len(response.Warnings) > 0 || len(response.Origins) == 0 {
		t.Error(response.Warnings, len(response.Origins))
	}
}

func TestWhatCannotBeToldIsAWarning(t *testing.T) {
	names := []string{"sub/Chart.yaml"}
	for i := range 14 {
		names = append(names, fmt.Sprintf("sub/files/%d", i))
	}
	chartOf(t, "Chart.yaml", "charts/sub-1.0.0.tgz", packed(t, 5<<20, names...))
	response := told(t)
	if len(response.Warnings) != 1 || !strings.Contains(response.Warnings[0], "cannot tell origins: the archives") {
		t.Error(response.Warnings)
	}
}
