package main

import (
	"sluice.dev/renderers/protocol"

	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// warm renders a small overlay from memory, so that a snapshot taken afterwards holds the parsed OpenAPI schema.
//
//go:wasmexport warm
func warm() {
	files := filesys.MakeFsInMemory()
	write := func(name, text string) {
		if err := files.WriteFile(name, []byte(text)); err != nil {
			panic(err)
		}
	}
	write("/kustomization.yaml", `namespace: a
resources: [d.yaml]
patches: [{patch: "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec: {replicas: 2}"}]
`)
	write("/d.yaml", `apiVersion: apps/v1
kind: Deployment
metadata: {name: x}
spec: {template: {spec: {containers: [{name: a, image: b}]}}}
`)
	if _, err := render(files, request{Path: "/"}); err != nil {
		panic(err)
	}
	protocol.Settle()
}
