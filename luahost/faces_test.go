package luahost_test

import (
	"reflect"
	"strings"
	"testing"

	"silly/luahost"
)

// TestFacesNameNoInternalTypes: an embedder and a module author of another repository can write down every type that they get.
func TestFacesNameNoInternalTypes(t *testing.T) {
	t.Parallel()
	for _, face := range []reflect.Type{
		reflect.TypeFor[*luahost.Host](), reflect.TypeFor[*luahost.Env](), reflect.TypeFor[*luahost.Closer](),
		reflect.TypeFor[luahost.Options](), reflect.TypeFor[luahost.Module](), reflect.TypeFor[*luahost.Error](),
	} {
		named := make(map[string]bool)
		for m := range methods(face) {
			collectTypes(named, m)
		}
		for name := range named {
			if strings.Contains(name, "/internal/") {
				t.Errorf("the face of %v has %s", face, name)
			}
		}
		if len(named) == 0 {
			t.Errorf("%v has no types", face)
		}
	}
}

// methods are the types of the exported methods and fields of a type.
func methods(t reflect.Type) func(yield func(reflect.Type) bool) {
	return func(yield func(reflect.Type) bool) {
		for i := range t.NumMethod() {
			if !yield(t.Method(i).Type) {
				return
			}
		}
		if t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		for i := range t.NumField() {
			if f := t.Field(i); f.IsExported() && !yield(f.Type) {
				return
			}
		}
	}
}

// collectTypes notes the names of the types that a type is made of, down to those with a name.
func collectTypes(named map[string]bool, t reflect.Type) {
	if t.Name() != "" {
		named[t.PkgPath()+"."+t.Name()] = true
		return
	}
	switch t.Kind() {
	case reflect.Func:
		for i := range t.NumIn() {
			collectTypes(named, t.In(i))
		}
		for i := range t.NumOut() {
			collectTypes(named, t.Out(i))
		}
	case reflect.Map:
		collectTypes(named, t.Key())
		collectTypes(named, t.Elem())
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Chan:
		collectTypes(named, t.Elem())
	}
}
