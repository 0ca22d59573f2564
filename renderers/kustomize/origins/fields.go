package origins

// This file owns the rendered tree: its fields by JSON pointer, as kustomize leaves them.

import (
	"strconv"

	y3 "go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/resmap"
)

// field is a value of a rendered resource.
type field struct {
	pointer string
	node    *y3.Node
	// key is the node of the key that the field stands under, nil for items of sequences.
	key *y3.Node
	// parent is nil for the resource itself.
	parent *field
}

func (f *field) scalar() bool { return f.node.Kind == y3.ScalarNode }

// resource is a rendered resource: its fields in order, and by pointer.
type resource struct {
	kind, namespace, name string
	fields                []*field
	byPointer             map[string]*field
}

// rendered is what a render leaves, in the order of the result.
type rendered []*resource

func treesOf(m resmap.ResMap) rendered {
	var all rendered
	for _, r := range m.Resources() {
		t := &resource{kind: r.GetKind(), namespace: r.GetNamespace(), name: r.GetName(), byPointer: map[string]*field{}}
		t.walk(r.YNode(), "", nil, nil)
		all = append(all, t)
	}
	return all
}

func (r *resource) walk(n *y3.Node, pointer string, key *y3.Node, parent *field) {
	if n == nil {
		return
	}
	switch n.Kind {
	case y3.DocumentNode:
		for _, inner := range n.Content {
			r.walk(inner, pointer, nil, nil)
		}
		return
	case y3.AliasNode:
		// Kustomize expands aliases as it reads; should one be left, its fields are those of its anchor.
		return
	case y3.ScalarNode, y3.MappingNode, y3.SequenceNode:
	}
	f := &field{pointer: pointer, node: n, key: key, parent: parent}
	r.fields = append(r.fields, f)
	r.byPointer[pointer] = f
	switch n.Kind {
	case y3.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			r.walk(n.Content[i+1], pointer+"/"+escape(n.Content[i].Value), n.Content[i], f)
		}
	case y3.SequenceNode:
		for i, item := range n.Content {
			r.walk(item, pointer+"/"+strconv.Itoa(i), nil, f)
		}
	}
}

// value is the text of a field that is a scalar.
func (r *resource) value(pointer string) (string, bool) {
	f := r.byPointer[pointer]
	if f == nil || !f.scalar() {
		return "", false
	}
	return f.node.Value, true
}

// counterpart finds the same field in another render of the resource. Where a sequence is not as long there, its items are
// told apart by their names; where they have none, there is no telling.
func (f *field) counterpart(other *resource) *field {
	if f.parent == nil {
		return other.byPointer[""]
	}
	above := f.parent.counterpart(other)
	if above == nil || above.node.Kind != f.parent.node.Kind {
		return nil
	}
	token := f.pointer[len(f.parent.pointer):]
	if f.parent.node.Kind != y3.SequenceNode || len(f.parent.node.Content) == len(above.node.Content) {
		return other.byPointer[above.pointer+token]
	}
	name := nameOf(f.node)
	if name == "" || named(f.parent.node, name) < 0 {
		return nil
	}
	i := named(above.node, name)
	if i < 0 {
		return nil
	}
	return other.byPointer[above.pointer+"/"+strconv.Itoa(i)]
}

// nameOf is what an item of a sequence is called.
func nameOf(n *y3.Node) string {
	if n.Kind != y3.MappingNode {
		return ""
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == "name" {
			return n.Content[i+1].Value
		}
	}
	return ""
}

// named is the index of the one item with a name, -1 if there is not exactly one.
func named(sequence *y3.Node, name string) int {
	found := -1
	for i, item := range sequence.Content {
		if nameOf(item) != name {
			continue
		}
		if found >= 0 {
			return -1
		}
		found = i
	}
	return found
}
