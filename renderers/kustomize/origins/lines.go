package origins

// This file owns the one reach into another library: it starts a YAML decoder at a line number of our choice.

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"sync"
	"unsafe"

	y3 "go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// firstLine is where our line numbers begin. What kustomize decodes elsewhere, past the hook, counts from 1 and stays below.
const firstLine = 1 << 24

var errLayout = errors.New("cannot tell origins: the YAML library keeps its line counter elsewhere than in the version this was built for")

// hookLock keeps renders apart that run side by side in one process: kyaml has one decoder constructor for all of them.
var hookLock sync.Mutex

// startAt makes the decoder count lines from a number of our choice. The counter is a private field, so its place is checked.
func startAt(d *y3.Decoder, line int) error {
	field := reflect.ValueOf(d).Elem()
	for _, name := range []string{"parser", "parser", "mark", "line"} {
		if field.Kind() == reflect.Pointer {
			field = field.Elem()
		}
		if field.Kind() != reflect.Struct {
			return errLayout
		}
		if field = field.FieldByName(name); !field.IsValid() {
			return errLayout
		}
	}
	if field.Kind() != reflect.Int || !field.CanAddr() {
		return errLayout
	}
	*(*int)(unsafe.Pointer(field.UnsafeAddr())) = line
	return nil
}

// checkLayout proves on a small document that the counter is the one that nodes get their lines from.
func checkLayout() error {
	d := y3.NewDecoder(strings.NewReader("a:\n  b: c\n"))
	if err := startAt(d, firstLine); err != nil {
		return err
	}
	var n y3.Node
	if err := d.Decode(&n); err != nil {
		return errLayout
	}
	inner := n.Content[0].Content[1].Content[1]
	if n.Content[0].Line != firstLine+1 || inner.Line != firstLine+2 || inner.Column != 6 {
		return errLayout
	}
	return nil
}

// hooked runs f while each document that kustomize decodes is given lines by place.
func hooked(place func(text string) int, f func()) {
	hookLock.Lock()
	defer hookLock.Unlock()
	saved := yaml.NewDecoder
	defer func() { yaml.NewDecoder = saved }()
	yaml.NewDecoder = func(r io.Reader) *yaml.Decoder {
		text, err := io.ReadAll(r)
		if err != nil {
			return saved(io.MultiReader(bytes.NewReader(text), failing{err}))
		}
		d := saved(bytes.NewReader(text))
		if base := place(string(text)); base > 0 {
			// The layout was checked before the first render; a decoder that cannot be set counts from 1, which leads nowhere.
			_ = startAt(d, base)
		}
		return d
	}
	f()
}

// failing is a reader that has only an error to give.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
