package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	chartutil "helm.sh/helm/v4/pkg/chart/v2/util"
	"helm.sh/helm/v4/pkg/engine"
	release "helm.sh/helm/v4/pkg/release/v1"
	releaseutil "helm.sh/helm/v4/pkg/release/v1/util"
	"helm.sh/helm/v4/pkg/strvals"

	"sluice.dev/renderers/helm/origins"
	"sluice.dev/renderers/protocol"
)

// render renders a chart and prints it as `helm template` does.
func render(c *chart.Chart, r request) (protocol.Response, error) {
	chosen, err := read(r)
	if err != nil {
		return protocol.Response{}, err
	}
	values, err := prepare(c, r, chosen, checked)
	if err != nil {
		return protocol.Response{}, err
	}
	// Chance is recorded even where nobody asks for origins: what some functions draw depends on all that was done before.
	recording := &origins.Recording{}
	files, err := engine.Engine{CustomTemplateFuncs: recording.Record()}.RenderWithContext(context.Background(), c, values)
	if err != nil {
		return protocol.Response{}, err
	}
	if r.Origins != protocol.None {
		return withOrigins(c, r, chosen, files, recording)
	}
	text, err := assemble(c, r, files)
	return protocol.Response{Text: text}, err
}

// schema says whether values are held against the chart's schema.
type schema bool

const (
	checked   schema = false
	unchecked schema = true
)

// prepare gives what templates see: the values, and what there is to know of release and cluster.
func prepare(c *chart.Chart, r request, chosen origins.Values, held schema) (common.Values, error) {
	values, err := userValues(chosen)
	if err != nil {
		return nil, err
	}
	if err := chartutil.ProcessDependencies(c, values); err != nil {
		return nil, fmt.Errorf("chart dependencies processing failed: %w", err)
	}
	capabilities, err := cluster(r)
	if err != nil {
		return nil, err
	}
	options := common.ReleaseOptions{Name: r.Name, Namespace: r.Namespace, Revision: 1, IsInstall: true}
	prepared, err := util.ToRenderValuesWithSchemaValidation(c, values, options, capabilities, bool(held))
	if err != nil {
		return nil, err
	}
	if wanted := c.Metadata.KubeVersion; wanted != "" && !chartutil.IsCompatibleRange(wanted, capabilities.KubeVersion.String()) {
		return nil, fmt.Errorf("chart requires kubeVersion: %s which is incompatible with Kubernetes %s", wanted,
			capabilities.KubeVersion.Version)
	}
	return prepared, nil
}

// read reads the user's values.
func read(r request) (origins.Values, error) {
	chosen := origins.Values{Set: r.Set, SetString: r.SetString}
	for _, path := range r.Values {
		text, err := os.ReadFile(path)
		if err != nil {
			return chosen, err
		}
		chosen.Files = append(chosen.Files, origins.UserFile{Path: path, Data: text})
	}
	return chosen, nil
}

// userValues merges files, then single values, as Helm's command line does.
func userValues(chosen origins.Values) (map[string]any, error) {
	values := map[string]any{}
	for _, file := range chosen.Files {
		more, err := loader.LoadValues(bytes.NewReader(file.Data))
		if err != nil {
			return nil, fmt.Errorf("failed to parse %s: %w", file.Path, err)
		}
		values = loader.MergeMaps(values, more)
	}
	for _, value := range chosen.Set {
		if err := strvals.ParseInto(value, values); err != nil {
			return nil, fmt.Errorf("failed parsing --set data: %w", err)
		}
	}
	for _, value := range chosen.SetString {
		if err := strvals.ParseIntoString(value, values); err != nil {
			return nil, fmt.Errorf("failed parsing --set-string data: %w", err)
		}
	}
	return values, nil
}

// cluster gives what templates see of a cluster.
func cluster(r request) (*common.Capabilities, error) {
	capabilities := common.DefaultCapabilities.Copy()
	if r.KubeVersion != "" {
		version, err := common.ParseKubeVersion(r.KubeVersion)
		if err != nil {
			return nil, fmt.Errorf("invalid kube version '%s': %w", r.KubeVersion, err)
		}
		capabilities.KubeVersion = *version
	}
	capabilities.APIVersions = append(slices.Clip(capabilities.APIVersions), r.APIVersions...)
	return capabilities, nil
}

// assemble puts rendered files in the order in which things are installed: CRDs, manifests, then hooks.
func assemble(c *chart.Chart, r request, files map[string]string) ([]byte, error) {
	for name := range files {
		if strings.HasSuffix(name, "NOTES.txt") {
			delete(files, name)
		}
	}
	hooks, manifests, err := releaseutil.SortManifests(files, nil, releaseutil.InstallOrder)
	if err != nil {
		return nil, err
	}
	var body bytes.Buffer
	if r.IncludeCRDs {
		for _, crd := range c.CRDObjects() {
			document(&body, crd.Filename, string(crd.File.Data))
		}
	}
	for _, manifest := range manifests {
		document(&body, manifest.Name, manifest.Content)
	}
	var out bytes.Buffer
	fmt.Fprintln(&out, strings.TrimSpace(body.String()))
	if r.NoHooks {
		return out.Bytes(), nil
	}
	for _, hook := range hooks {
		if !r.SkipTests || !slices.Contains(hook.Events, release.HookTest) {
			document(&out, hook.Path, hook.Manifest)
		}
	}
	return out.Bytes(), nil
}

func document(out *bytes.Buffer, source, text string) {
	fmt.Fprintf(out, "---\n# Source: %s\n%s\n", source, text)
}
