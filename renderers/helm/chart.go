package main

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"

	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	chartutil "helm.sh/helm/v4/pkg/chart/v2/util"
)

// load reads a chart and refuses what `helm template` refuses before it renders.
func load(r request) (*chart.Chart, error) {
	if err := chartutil.ValidateReleaseName(r.Name); err != nil {
		return nil, fmt.Errorf("release name check failed: release name %q: %w", r.Name, err)
	}
	if _, err := os.Stat(r.Chart); err != nil {
		return nil, err
	}
	c, err := loader.Load(r.Chart)
	if err != nil {
		return nil, err
	}
	if version := c.Metadata.APIVersion; version != chart.APIVersionV1 && version != chart.APIVersionV2 {
		return nil, errors.New("invalid chart apiVersion")
	}
	if kind := c.Metadata.Type; kind != "" && kind != "application" {
		return nil, fmt.Errorf("%s charts are not installable", kind)
	}
	if c.Metadata.Deprecated {
		slog.Warn("this chart is deprecated")
	}
	if names := missing(c); len(names) > 0 {
		return nil, fmt.Errorf("an error occurred while checking for chart dependencies. You may need to run 'helm "+
			"dependency build' to fetch missing dependencies: found in Chart.yaml, but missing in charts/ directory: %s",
			strings.Join(names, ", "))
	}
	sortDependencies(c)
	return c, nil
}

// missing names the dependencies that Chart.yaml asks for and charts/ does not hold.
func missing(c *chart.Chart) []string {
	var names []string
	for _, wanted := range c.Metadata.Dependencies {
		if !slices.ContainsFunc(c.Dependencies(), func(d *chart.Chart) bool { return d.Name() == wanted.Name }) {
			names = append(names, wanted.Name)
		}
	}
	return names
}

// sortDependencies puts subcharts in an order that is always the same: the loader takes them as they come out of a map.
func sortDependencies(c *chart.Chart) {
	slices.SortStableFunc(c.Dependencies(), func(a, b *chart.Chart) int {
		return cmp.Or(cmp.Compare(a.Name(), b.Name()), cmp.Compare(a.Metadata.Version, b.Metadata.Version))
	})
	for _, dependency := range c.Dependencies() {
		sortDependencies(dependency)
	}
}
