package origins

// This file owns chance: functions whose result is another one at each call give in each further render what they gave in
// the first.

import (
	"reflect"
	"strings"

	"github.com/Masterminds/sprig/v3"
)

// changing are the functions that give something new at each call.
const changing = `randAlphaNum randAlpha randNumeric randAscii randBytes randInt uuidv4 shuffle now genPrivateKey genCA
	genCAWithKey genSelfSignedCert genSelfSignedCertWithKey genSignedCert genSignedCertWithKey htpasswd bcrypt encryptAES`

// Recording remembers what changing functions gave, in the order of the calls.
type Recording struct{ results map[string][][]reflect.Value }

// Record gives the changing functions of templates, unchanged but for being remembered.
func (r *Recording) Record() map[string]any {
	r.results = map[string][][]reflect.Value{}
	return wrapped(func(name string, call func() []reflect.Value) []reflect.Value {
		given := call()
		r.results[name] = append(r.results[name], given)
		return given
	})
}

// replay gives functions that repeat what was recorded. A call too many gives something new.
func (r *Recording) replay() map[string]any {
	count := map[string]int{}
	return wrapped(func(name string, call func() []reflect.Value) []reflect.Value {
		n := count[name]
		count[name]++
		if n < len(r.results[name]) {
			return r.results[name][n]
		}
		return call()
	})
}

func wrapped(around func(string, func() []reflect.Value) []reflect.Value) map[string]any {
	known := sprig.TxtFuncMap()
	all := map[string]any{}
	for _, name := range strings.Fields(changing) {
		f := reflect.ValueOf(known[name])
		if !f.IsValid() {
			continue
		}
		all[name] = reflect.MakeFunc(f.Type(), func(arguments []reflect.Value) []reflect.Value {
			return around(name, func() []reflect.Value {
				if f.Type().IsVariadic() {
					return f.CallSlice(arguments)
				}
				return f.Call(arguments)
			})
		}).Interface()
	}
	return all
}
