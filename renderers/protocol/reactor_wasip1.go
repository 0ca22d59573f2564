package protocol

import "unsafe"

// failed marks an answer as an error.
const failed = 1 << 31

// input and output are kept so that the collector leaves them where the host looks for them.
var input, output []byte

//go:wasmexport alloc
func alloc(n int32) int32 {
	input = make([]byte, n)
	return int32(uintptr(unsafe.Pointer(unsafe.SliceData(input))))
}

//go:wasmexport call
func call() int64 {
	response, err := answer(input)
	flag := int64(0)
	if err == nil {
		output, err = response.encode()
	}
	if err != nil {
		output, flag = []byte(err.Error()), failed
	}
	if len(output) == 0 {
		return flag
	}
	return int64(uintptr(unsafe.Pointer(unsafe.SliceData(output))))<<32 | int64(len(output)) | flag
}
