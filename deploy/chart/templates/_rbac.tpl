{{- /* A role with its binding to a part's account: (dict "context" "part" "kind" "name" "namespace" "rules"). */ -}}
{{- define "backstay.role" -}}
{{- $context := .context -}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ .kind }}
metadata:
  name: {{ .name }}
  {{- with .namespace }}
  namespace: {{ . }}
  {{- end }}
  labels: {{ include "backstay.labels" (list $context .part) | nindent 4 }}
rules: {{ toYaml .rules | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ .kind }}Binding
metadata:
  name: {{ .name }}
  {{- with .namespace }}
  namespace: {{ . }}
  {{- end }}
  labels: {{ include "backstay.labels" (list $context .part) | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ .kind }}
  name: {{ .name }}
subjects:
  - kind: ServiceAccount
    name: {{ include "backstay.serviceAccount" (list $context .part) }}
    namespace: {{ $context.Release.Namespace }}
{{ end -}}
