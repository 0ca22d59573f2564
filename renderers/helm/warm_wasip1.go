package main

import (
	"helm.sh/helm/v4/pkg/chart/loader/archive"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"sluice.dev/renderers/protocol"
)

// warm renders a small chart from memory, so that a snapshot taken afterwards holds what every render sets up.
//
//go:wasmexport warm
func warm() {
	file := func(name, text string) *archive.BufferedFile {
		return &archive.BufferedFile{Name: name, Data: []byte(text)}
	}
	c, err := loader.LoadFiles([]*archive.BufferedFile{
		file("Chart.yaml", "apiVersion: v2\nname: warm\nversion: 0.1.0\n"),
		file("values.yaml", "name: a\nlabels: {app: a}\n"),
		file("values.schema.json", `{"type":"object","properties":{"name":{"type":"string"}}}`),
		file("templates/_helpers.tpl", `{{ define "labels" }}{{ toYaml .Values.labels }}{{ end }}`),
		file("templates/a.yaml", `apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Values.name | trunc 63 | quote }}
  labels: {{- include "labels" . | nindent 4 }}
data:
  a: {{ tpl "{{ .Values.name }}" . }}
`),
	})
	if err != nil {
		panic(err)
	}
	if _, err := render(c, request{Name: "warm", Namespace: "default"}); err != nil {
		panic(err)
	}
	protocol.Settle()
}
