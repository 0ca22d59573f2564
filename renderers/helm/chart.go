package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"helm.sh/helm/v4/pkg/chart/loader/archive"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	chartutil "helm.sh/helm/v4/pkg/chart/v2/util"
	"helm.sh/helm/v4/pkg/ignore"
)

// load reads a chart and refuses what `helm template` refuses before it renders.
func load(r request) (*chart.Chart, error) {
	if err := chartutil.ValidateReleaseName(r.Name); err != nil {
		return nil, fmt.Errorf("release name check failed: release name %q: %w", r.Name, err)
	}
	if _, err := os.Stat(r.Chart); err != nil {
		return nil, err
	}
	c, err := loadPath(r.Chart)
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

// loadPath loads a chart. Helm's own loader cuts a wrong prefix off names below the root of a file system, so a chart that is the
// whole checkout is gathered here, by the same rules.
func loadPath(path string) (*chart.Chart, error) {
	root, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if root != string(filepath.Separator) {
		return loader.Load(path)
	}
	rules, err := ignored(root)
	if err != nil {
		return nil, err
	}
	files, err := gather(os.DirFS(root), rules)
	if err != nil {
		return nil, err
	}
	return loader.LoadFiles(files)
}

// ignored reads what .helmignore says.
func ignored(root string) (*ignore.Rules, error) {
	rules, err := ignore.ParseFile(filepath.Join(root, ignore.HelmIgnore))
	if errors.Is(err, fs.ErrNotExist) {
		rules, err = ignore.Empty(), nil
	}
	if err != nil {
		return nil, err
	}
	rules.AddDefaults()
	return rules, nil
}

// gather reads the files of a chart that are not ignored.
func gather(root fs.FS, rules *ignore.Rules) ([]*archive.BufferedFile, error) {
	var files []*archive.BufferedFile
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || name == "." {
			return err
		}
		info, err := fs.Stat(root, name)
		if err != nil {
			return err
		}
		if rules.Ignore(name, info) {
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if entry.IsDir() {
			return nil
		}
		data, err := fs.ReadFile(root, name)
		if err != nil {
			return fmt.Errorf("error reading %s: %w", name, err)
		}
		data = bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF"))
		files = append(files, &archive.BufferedFile{Name: name, ModTime: info.ModTime(), Data: data})
		return nil
	})
	return files, err
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
