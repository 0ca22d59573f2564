{{ define "tpl.name" }}{{ .Values.name | upper | lower }}{{ end }}
