// Kustomize as a renderer of Sluice: kustomize's own library over the checkout, whose root is the working folder. It
// renders what `kubectl kustomize` renders, and runs no plugin and no program.
package main

import (
	"encoding/json"
	"log"
	"os"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"

	"sluice.dev/renderers/kustomize/origins"
	"sluice.dev/renderers/protocol"
)

// request is what the host asks for.
type request struct {
	// Path is the folder of the kustomization, from the root of the checkout.
	Path string `json:"path"`
	// Origins asks where each piece of the text came from.
	Origins protocol.Level `json:"origins"`
}

func init() {
	// A warning's text must not depend on when it is written.
	log.SetFlags(0)
	protocol.Handle(handle)
}

func main() { protocol.Main() }

func handle(asked []byte) (protocol.Response, error) {
	var r request
	if err := json.Unmarshal(asked, &r); err != nil {
		return protocol.Response{}, err
	}
	return render(rooted{filesys.MakeFsOnDisk()}, r)
}

// render renders a kustomization as `kubectl kustomize` does.
func render(files filesys.FileSystem, r request) (protocol.Response, error) {
	if r.Origins != protocol.None {
		root, err := os.Getwd()
		if err != nil {
			return protocol.Response{}, err
		}
		return origins.Render(files, root, r.Path, options(), r.Origins)
	}
	resources, err := krusty.MakeKustomizer(options()).Run(files, r.Path)
	if err != nil {
		return protocol.Response{}, err
	}
	text, err := resources.AsYaml()
	return protocol.Response{Text: text}, err
}

// options are those of `kubectl kustomize` without flags. Without a sort order in the kustomization file itself, it sorts
// in the order in which things can be applied.
func options() *krusty.Options {
	options := krusty.MakeDefaultOptions()
	options.Reorder = krusty.ReorderOptionUnspecified
	return options
}
