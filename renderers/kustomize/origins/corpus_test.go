package origins

// This file owns the figure over the published example: the share of its scalars that lead to the line they were written on.

import (
	"os"
	"path/filepath"
	"testing"

	"sluice.dev/renderers/protocol"
)

// corpusCases are the folders of the example that are kustomizations.
var corpusCases = []string{
	"apps/production", "apps/staging", "apps/base/podinfo", "infrastructure/controllers", "infrastructure/configs",
	"clusters/production/flux-system", "clusters/staging/flux-system",
}

func TestCorpus(t *testing.T) {
	root, err := filepath.Abs("../../../../shared/corpus/manifests/kustomize-helm-example")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(root); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("left out: the corpus is not beside the repository")
	}
	if root, err = filepath.EvalSymlinks(root); err != nil {
		t.Fatal(err)
	}
	for _, level := range []protocol.Level{protocol.Positions, protocol.All} {
		var total score
		for _, name := range corpusCases {
			told := tell(t, root, name, level)
			every := 1
			if len(told.lines) > 1000 {
				every = 97 // a sample: each checked scalar is a render
			}
			total.add(told.check(t, root, name, every))
		}
		t.Logf("level %d: %+v", level, total)
		if total.wrong > 0 || total.right < total.scalars {
			t.Errorf("of %d scalars only %d lead to the right line", total.scalars, total.right)
		}
		if total.proved*100 < total.scalars*99 && level == protocol.All || total.proved*100 < total.scalars*94 {
			t.Errorf("of %d scalars only %d are proved", total.scalars, total.proved)
		}
	}
}
