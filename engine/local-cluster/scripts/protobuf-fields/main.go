// Prints, as JSON, how Kubernetes' own Go types map protobuf fields to JSON members, for the types that the API accepts in bodies.
// Run by scripts/generate-protobuf.mjs.
package main

import (
	"encoding/json"
	"os"
	"reflect"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	batchv1 "k8s.io/api/batch/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Member: field number, JSON name ("" when inlined), kind, type name, flags (r repeated, m map, k kept when zero).
type member [5]any

var types = map[string][]member{}

var special = map[string]string{
	"k8s.io/apimachinery/pkg/apis/meta/v1.Time":          "time",
	"k8s.io/apimachinery/pkg/apis/meta/v1.MicroTime":     "time",
	"k8s.io/apimachinery/pkg/apis/meta/v1.Duration":      "duration",
	"k8s.io/apimachinery/pkg/apis/meta/v1.FieldsV1":      "json",
	"k8s.io/apimachinery/pkg/runtime.RawExtension":       "json",
	"k8s.io/apimachinery/pkg/api/resource.Quantity":      "quantity",
	"k8s.io/apimachinery/pkg/util/intstr.IntOrString":    "intOrString",
}

func name(t reflect.Type) string {
	parts := strings.Split(t.PkgPath(), "/")
	return strings.Join(parts[len(parts)-2:], ".") + "." + t.Name()
}

func kindOf(t reflect.Type) (string, string) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if s, ok := special[t.PkgPath()+"."+t.Name()]; ok {
		return s, ""
	}
	switch t.Kind() {
	case reflect.Struct:
		visit(t)
		return "message", name(t)
	case reflect.String:
		return "string", ""
	case reflect.Bool:
		return "bool", ""
	case reflect.Float64:
		return "double", ""
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "bytes", ""
		}
		// A named list of strings is a message with one field in protobuf.
		return "stringList", ""
	default:
		return "int", ""
	}
}

func visit(t reflect.Type) {
	if _, seen := types[name(t)]; seen {
		return
	}
	types[name(t)] = []member{}
	members := []member{}
	for i := 0; i < t.NumField(); i++ {
		f := t.Field(i)
		tag := f.Tag.Get("protobuf")
		if tag == "" || tag == "-" {
			continue
		}
		number, _ := strconv.Atoi(strings.Split(tag, ",")[1])
		jsonParts := strings.Split(f.Tag.Get("json"), ",")
		jsonName := jsonParts[0]
		ft, flags := f.Type, ""
		if ft.Kind() == reflect.Pointer || len(jsonParts) < 2 {
			flags += "k"
		}
		switch {
		case ft.Kind() == reflect.Map:
			flags += "m"
			ft = ft.Elem()
		case ft.Kind() == reflect.Slice && ft.Elem().Kind() != reflect.Uint8:
			flags += "r"
			ft = ft.Elem()
		}
		kind, typeName := kindOf(ft)
		members = append(members, member{number, jsonName, kind, typeName, flags})
	}
	types[name(t)] = members
}

func main() {
	for _, root := range []any{
		corev1.ConfigMap{}, corev1.Event{}, corev1.Namespace{}, corev1.Node{}, corev1.PersistentVolumeClaim{}, corev1.Pod{},
		corev1.Secret{}, corev1.ServiceAccount{}, batchv1.Job{}, batchv1.CronJob{}, appsv1.Deployment{}, appsv1.ReplicaSet{},
		autoscalingv1.Scale{}, coordinationv1.Lease{}, rbacv1.Role{}, rbacv1.ClusterRole{}, rbacv1.RoleBinding{}, rbacv1.ClusterRoleBinding{},
		authenticationv1.TokenReview{}, authenticationv1.SelfSubjectReview{}, authenticationv1.TokenRequest{},
		authorizationv1.SubjectAccessReview{}, authorizationv1.LocalSubjectAccessReview{}, authorizationv1.SelfSubjectAccessReview{},
		authorizationv1.SelfSubjectRulesReview{}, metav1.DeleteOptions{},
	} {
		visit(reflect.TypeOf(root))
	}
	if err := json.NewEncoder(os.Stdout).Encode(types); err != nil {
		panic(err)
	}
}
