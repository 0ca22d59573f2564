package main

import (
	"maps"

	"helm.sh/helm/v4/pkg/chart/common"
	chart "helm.sh/helm/v4/pkg/chart/v2"

	"sluice.dev/renderers/helm/origins"
	"sluice.dev/renderers/protocol"
)

// withOrigins prints rendered files, and tells where each line was written. Telling can fail; the text stands.
func withOrigins(c *chart.Chart, r request, chosen origins.Values, files map[string]string, recording *origins.Recording) (protocol.Response, error) {
	rendered := maps.Clone(files)
	text, err := assemble(c, r, files)
	crds := map[string]string{}
	if r.IncludeCRDs {
		for _, crd := range c.CRDObjects() {
			crds[crd.Filename] = string(crd.File.Data)
		}
	}
	asked := origins.Asked{
		Chart: c, At: r.Chart, Values: chosen, Files: rendered, Text: text, CRDs: crds, Recording: recording, Level: r.Origins,
		Prepare: func(c *chart.Chart, values origins.Values) (common.Values, error) {
			sortDependencies(c)
			return prepare(c, r, values, unchecked)
		},
	}
	if err != nil {
		return protocol.Response{}, origins.Blame(asked, err)
	}
	return origins.Tell(asked)
}
