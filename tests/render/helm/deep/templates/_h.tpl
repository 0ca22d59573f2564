{{ define "deep.helper" }}{{ .Chart.Name }} of {{ .Release.Name }}{{ end }}
