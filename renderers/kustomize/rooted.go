package main

import (
	"path/filepath"

	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// rooted is the checkout with its links followed, in which a folder is where its links lead: what a base names is named from
// there, and not from the link that led to the base. A file stays where it is named, wherever in the checkout it lies.
type rooted struct{ filesys.FileSystem }

// CleanedAbs gives the folder of a path, and the name in it where the path is no folder.
func (r rooted) CleanedAbs(path string) (filesys.ConfirmedDir, string, error) {
	if r.IsDir(path) || !r.Exists(path) {
		return r.FileSystem.CleanedAbs(path)
	}
	whole, err := filepath.Abs(path)
	if err != nil {
		return "", "", err
	}
	return filesys.ConfirmedDir(filepath.Dir(whole)), filepath.Base(whole), nil
}
