{{- define "shop.name" -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "shop.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
{{ include "shop.selector" . }}
zone: {{ .Values.global.zone | quote }}
{{- end }}

{{- define "shop.selector" -}}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
