package main

import (
	"os"
	"path/filepath"
	"testing"

	"sluice.dev/renderers/protocol"
)

// TestWrongYAMLIsBlamedOnALine: Helm counts lines of what was printed, and people look for those of templates.
func TestWrongYAMLIsBlamedOnALine(t *testing.T) {
	const chart = "apiVersion: v2\nname: shop\nversion: 1.0.0\n"
	const head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
	for _, c := range []struct{ template, helper, said string }{
		{"{{- /* three\nlines\n*/}}\n" + head + "data:\n  x: {{ .Values.x }}\n", "", "yaml: line 5: mapping values are not allowed in this context (shop/templates/a.yaml:8)"},
		{head + "---\n\n{{ if true }}\n" + head + "data:\n  x: {{ .Values.x }}\n{{ end }}", "", "yaml: line 5: mapping values are not allowed in this context (shop/templates/a.yaml:11)"},
		{head + "data:\n{{ include \"x\" . }}\n", "{{ define \"x\" }}\n  y: 1\n  x: {{ .Values.x }}\n{{ end }}", "yaml: line 7: mapping values are not allowed in this context (shop/templates/_h.tpl:3)"},
	} {
		folder := t.TempDir()
		files := map[string]string{"Chart.yaml": chart, "values.yaml": "x: 'a: b'\n", "templates/a.yaml": c.template, "templates/_h.tpl": c.helper}
		for name, text := range files {
			at := filepath.Join(folder, "shop", name)
			if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		in(t, folder)
		const before = "YAML parse error on shop/templates/a.yaml: error converting YAML to JSON: "
		_, err := ask(t, request{Chart: "shop", Name: "a", Namespace: "default"}, protocol.Positions)
		if err == nil || err.Error() != before+c.said {
			t.Errorf("%v, not %s", err, c.said)
		}
	}
}
