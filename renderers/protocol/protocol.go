// Package protocol is how Sluice asks a renderer for a rendered set: one request in JSON, one answer with the text and
// where it came from. It owns the form of both and knows nothing of what is rendered.
//
// A renderer is a reactor: the host calls alloc with the length of the request, writes the request there and calls call,
// whose result is the answer's address in the high half and its length in the low half, with bit 31 set for an error.
// An error's bytes are the tool's own words. Any other answer is the length of the metadata as four bytes, little endian,
// the metadata in JSON, and then the rendered YAML. Before it asks, the host may call limit with the bytes of memory that
// there are.
package protocol

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
)

// Response is a rendered set.
type Response struct {
	// Text is the YAML as the tool prints it.
	Text []byte
	// Files are the files that Origins point into, from the root of the checkout.
	Files []string
	// Origins are sorted by their place in Text.
	Origins []Origin
	// Values are sorted by their line in Text.
	Values []Value
	// Warnings are what the tool wants people to know.
	Warnings []string
}

// Origin says where a piece of the text was written: its line and column in the text, the index of the file, the line and
// column there, and whether this was proved (1) or concluded (0). Lines and columns count from 1; column 0 is the line as
// a whole.
type Origin [6]int

// Value says that a line of the text holds a value as a file of values has it: the line in the text, the index of the file
// and the line there. The line's origin is the template that prints the value; this is where it was chosen.
type Value [3]int

type metadata struct {
	Files    []string `json:"files"`
	Origins  []Origin `json:"origins"`
	Values   []Value  `json:"values"`
	Warnings []string `json:"warnings"`
}

// Handler renders what a request asks for.
type Handler func(request []byte) (Response, error)

var handler Handler

// Handle says who renders. A reactor has no main: call this from init.
func Handle(h Handler) { handler = h }

// Main answers one request from standard input, for trying a renderer natively.
func Main() {
	request, err := io.ReadAll(os.Stdin)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	response, err := answer(request)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Stdout.Write(response.Text)
}

// answer renders, and makes an error of a crash: these tools panic on some input, and its reason is worth telling.
func answer(request []byte) (response Response, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			response, err = Response{}, fmt.Errorf("the renderer crashed: %v", cause)
		}
	}()
	return handler(request)
}

// encode writes the metadata before the text.
func (r Response) encode() ([]byte, error) {
	head, err := json.Marshal(metadata{Files: orEmpty(r.Files), Origins: orEmpty(r.Origins), Values: orEmpty(r.Values), Warnings: orEmpty(r.Warnings)})
	if err != nil {
		return nil, err
	}
	encoded := make([]byte, 0, 4+len(head)+len(r.Text))
	encoded = binary.LittleEndian.AppendUint32(encoded, uint32(len(head)))
	encoded = append(encoded, head...)
	return append(encoded, r.Text...), nil
}

// orEmpty keeps null out of the JSON.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
