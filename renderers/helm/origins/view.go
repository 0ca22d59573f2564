package origins

// This file owns the chart's files as they are loaded again for each render: changed ones in place of their own, archives
// unpacked, each with the path that it has in the checkout.

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/loader/archive"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
)

// maxUnpacked bounds what the archives of a chart unpack to.
const maxUnpacked = 64 << 20

// chartFile is a file of the chart or of one of its subcharts.
type chartFile struct {
	// name is the path in the chart, archives taken for folders; origin is the path in the checkout.
	name, origin string
	data         []byte
}

// filesOf lists a chart's files. The folder or archive of the chart itself is at a path of the checkout.
func filesOf(c *chart.Chart, at string) ([]chartFile, error) {
	var files []chartFile
	left := maxUnpacked
	for _, raw := range c.Raw {
		more, err := unpack(chartFile{raw.Name, path.Join(at, raw.Name), raw.Data}, &left)
		if err != nil {
			return nil, err
		}
		files = append(files, more...)
	}
	slices.SortFunc(files, func(a, b chartFile) int { return strings.Compare(a.name, b.name) })
	return files, nil
}

// unpack gives a file, or what it holds where it is the archive of a subchart: one in a chart's own folder of charts.
func unpack(f chartFile, left *int) ([]chartFile, error) {
	folder, base := path.Split(f.name)
	if f.within() != "charts/"+base || path.Ext(base) != ".tgz" || strings.IndexAny(base, "_.") == 0 {
		return []chartFile{f}, nil
	}
	held, err := archive.LoadArchiveFiles(bytes.NewReader(f.data))
	if err != nil {
		return nil, err
	}
	var files []chartFile
	for _, h := range held {
		if *left -= len(h.Data); *left < 0 {
			return nil, fmt.Errorf("the archives in the chart unpack to more than %d bytes", maxUnpacked)
		}
		// The folder's name must not end as an archive's does.
		inner := chartFile{path.Join(folder, base+"-unpacked", h.Name), path.Join(f.origin, h.Name), h.Data}
		more, err := unpack(inner, left)
		if err != nil {
			return nil, err
		}
		files = append(files, more...)
	}
	return files, nil
}

// isTemplate and isValues say what a file is to the chart that it belongs to.
func (f chartFile) isTemplate() bool { return strings.HasPrefix(f.within(), "templates/") }
func (f chartFile) isValues() bool   { return f.within() == "values.yaml" }

// within is the path from the folder of the chart or subchart that the file belongs to.
func (f chartFile) within() string {
	rest := f.name
	for strings.HasPrefix(rest, "charts/") {
		parts := strings.SplitN(rest, "/", 3)
		if len(parts) < 3 {
			return rest
		}
		rest = parts[2]
	}
	return rest
}

// load makes a chart of files, and tells the origin of each file that it holds.
func load(files []chartFile) (*chart.Chart, map[*byte]string, error) {
	origins := map[*byte]string{}
	buffered := make([]*archive.BufferedFile, 0, len(files))
	for _, f := range files {
		if len(f.data) > 0 {
			f.data = slices.Clone(f.data)
			origins[&f.data[0]] = f.origin
		}
		buffered = append(buffered, &archive.BufferedFile{Name: f.name, Data: f.data})
	}
	c, err := loader.LoadFiles(buffered)
	return c, origins, err
}

// sources tells, for each name that output is labelled with, the file in the checkout.
func sources(c *chart.Chart, origins map[*byte]string) map[string]string {
	named := map[string]string{}
	add := func(c *chart.Chart, files []*common.File) {
		for _, f := range files {
			if len(f.Data) > 0 && origins[&f.Data[0]] != "" {
				named[path.Join(c.ChartFullPath(), f.Name)] = origins[&f.Data[0]]
			}
		}
	}
	var walk func(*chart.Chart)
	walk = func(c *chart.Chart) {
		add(c, c.Templates)
		add(c, c.Files)
		for _, d := range c.Dependencies() {
			walk(d)
		}
	}
	walk(c)
	return named
}
