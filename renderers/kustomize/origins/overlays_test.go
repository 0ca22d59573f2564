package origins

// This file owns the figure over the overlays that renderers are compared on.

import (
	"os"
	"path/filepath"
	"testing"

	"sluice.dev/renderers/protocol"
)

func TestOverlays(t *testing.T) {
	root, err := filepath.Abs("../../../tests/render/kustomize")
	if err != nil {
		t.Fatal(err)
	}
	folders, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	var all, positions score
	for _, folder := range folders {
		name := folder.Name()
		if _, err := os.Stat(filepath.Join(root, name, "kustomization.yaml")); err != nil {
			continue
		}
		t.Run(name, func(t *testing.T) {
			told := tell(t, root, name, protocol.All)
			s := told.check(t, root, name, 1)
			told.checkKeys(t, root)
			all.add(s)
			cheap := tell(t, root, name, protocol.Positions)
			p := cheap.check(t, root, name, 1)
			positions.add(p)
			t.Logf("%+v, positions %+v", s, p)
		})
	}
	t.Logf("all: %+v", all)
	if all.wrong > 0 || positions.wrong > 0 || all.proved*100 < all.scalars*95 || all.right*100 < all.scalars*99 ||
		positions.proved*100 < positions.scalars*65 || positions.right*100 < positions.scalars*90 {
		t.Errorf("all: %+v, positions: %+v", all, positions)
	}
	t.Logf("positions: %+v", positions)
}
