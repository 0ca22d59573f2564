// Helm as a renderer of Sluice: Helm's own library over the checkout, whose root is the working folder. It renders
// what `helm template` renders, and knows no cluster, no registry and no repository.
package main

import (
	"encoding/json"
	"log"
	"log/slog"
	"os"

	"sluice.dev/renderers/protocol"
)

// request is what the host asks for. All paths are from the root of the checkout.
type request struct {
	// Chart is the chart's folder, or its archive.
	Chart string `json:"chart"`
	// Name is that of the release; as in `helm template`, `release-name` when left out.
	Name string `json:"name"`
	// Namespace is that of the release; `default` when left out.
	Namespace string `json:"namespace"`
	// KubeVersion is the version of Kubernetes that the chart sees; the library's own when left out.
	KubeVersion string `json:"kubeVersion"`
	// APIVersions are added to those that the chart sees.
	APIVersions []string `json:"apiVersions"`
	// Values are files with values; later ones win.
	Values []string `json:"values"`
	// Set and SetString are values as on Helm's command line.
	Set       []string `json:"set"`
	SetString []string `json:"setString"`
	// IncludeCRDs also prints the chart's folders `crds`.
	IncludeCRDs bool `json:"includeCRDs"`
	// SkipTests leaves out the hooks that are tests, NoHooks all hooks.
	SkipTests bool `json:"skipTests"`
	NoHooks   bool `json:"noHooks"`
	// Origins asks where each piece of the text came from.
	Origins protocol.Level `json:"origins"`
}

func init() {
	slog.SetDefault(slog.New(plain{}))
	// After SetDefault, which turns the older log into lines of the newer one.
	log.SetOutput(os.Stderr)
	log.SetFlags(0)
	protocol.Handle(handle)
}

func main() { protocol.Main() }

func handle(asked []byte) (protocol.Response, error) {
	r := request{Name: "release-name", Namespace: "default"}
	if err := json.Unmarshal(asked, &r); err != nil {
		return protocol.Response{}, err
	}
	chart, err := load(r)
	if err != nil {
		return protocol.Response{}, err
	}
	return render(chart, r)
}
