{{- define "backstay.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{- else -}}{{ printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" }}{{- end -}}
{{- end -}}
{{- end -}}

{{- /* "backstay.name" with (list context part) */ -}}
{{- define "backstay.name" -}}
{{- printf "%s-%s" (include "backstay.fullname" (index . 0)) (index . 1) -}}
{{- end -}}

{{- define "backstay.selector" -}}
app.kubernetes.io/name: {{ default (index . 0).Chart.Name (index . 0).Values.nameOverride }}
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{- define "backstay.labels" -}}
{{- include "backstay.selector" . }}
app.kubernetes.io/version: {{ (index . 0).Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ (index . 0).Release.Service }}
helm.sh/chart: {{ printf "%s-%s" (index . 0).Chart.Name ((index . 0).Chart.Version | replace "+" "_") }}
{{- with (index . 0).Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "backstay.image" -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}

{{- define "backstay.serviceAccount" -}}
{{- $values := index (index . 0).Values (index . 1) -}}
{{- if $values.serviceAccount.create -}}
{{- default (include "backstay.name" .) $values.serviceAccount.name -}}
{{- else -}}
{{- default "default" $values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "backstay.repositoryNamespace" -}}
{{- default .Release.Namespace .Values.repository.namespace -}}
{{- end -}}

{{- define "backstay.repositoryUrl" -}}
{{- printf "http://%s.%s.svc:%v" (include "backstay.name" (list . "repository")) .Release.Namespace .Values.repository.service.port -}}
{{- end -}}

{{- define "backstay.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{- define "backstay.container" -}}
image: {{ include "backstay.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
{{- end -}}

{{- /* Where Pods go; "backstay.placement" with the values of a part. */ -}}
{{- define "backstay.placement" -}}
{{- with .nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity: {{ toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- /* A value that is made once: "backstay.kept" with (list context secretName entry). */ -}}
{{- define "backstay.kept" -}}
{{- $found := lookup "v1" "Secret" (index . 0).Release.Namespace (index . 1) -}}
{{- $value := "" -}}
{{- if $found -}}{{- $value = index (default dict $found.data) (index . 2) -}}{{- end -}}
{{- default (randAlphaNum 48 | b64enc) $value -}}
{{- end -}}
