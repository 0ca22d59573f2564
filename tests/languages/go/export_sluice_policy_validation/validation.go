// What the policy in Go judges.
package export_sluice_policy_validation

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"

	. "go.bytecodealliance.org/pkg/wit/types"
	plugin "wit_component/export_sluice_policy_plugin"
	context "wit_component/sluice_policy_context"
	log "wit_component/sluice_policy_log"
	manifests "wit_component/sluice_policy_manifests"
	. "wit_component/sluice_policy_types"
)

// Where the kinds that this fixture is given keep their containers.
var paths = []string{
	"$.spec.template.spec['containers','initContainers'][*].image",
	"$.spec['containers','initContainers'][*].image",
}

func Check(subjects []*manifests.Manifest) Result[[]Finding, string] {
	var findings []Finding
	for subject, manifest := range subjects {
		more, err := judge(uint32(subject), manifest)
		if err != nil {
			return Err[[]Finding](err.Error())
		}
		findings = append(findings, more...)
	}
	return Ok[[]Finding, string](findings)
}

func judge(subject uint32, manifest *manifests.Manifest) ([]Finding, error) {
	identity := manifest.Identity()
	count := binary.LittleEndian.Uint32(manifest.Tape()[4:8])
	log.Write(fmt.Sprintf("%s %s: %d nodes", identity.Kind, identity.Name, count))

	var findings []Finding
	for _, path := range paths {
		nodes := manifest.Select(path)
		if nodes.IsErr() {
			return nil, fmt.Errorf("%s", nodes.Err())
		}
		for _, node := range nodes.Ok() {
			var image string
			if json.Unmarshal([]byte(node.Value), &image) != nil || !isMutable(image) || plugin.Exempt[image] {
				continue
			}
			fixed, err := json.Marshal(strings.TrimSuffix(image, ":latest") + ":1.0.0")
			if err != nil {
				return nil, err
			}
			severity := None[Severity]()
			if before := manifest.Previous(); before.IsSome() {
				before.Some().Drop()
				severity = Some[Severity](SeverityWarning)
			}
			findings = append(findings, Finding{
				Subject:  subject,
				Rule:     "mutable-tag",
				Pointer:  node.Pointer,
				Message:  fmt.Sprintf("`%s` can change under %s replicas", image, manifest.Get("/spec/replicas").SomeOr("no")),
				Severity: severity,
				Fix:      []Operation{MakeOperationReplace(Node{Pointer: node.Pointer, Value: string(fixed)})},
			})
		}
	}
	if plugin.Namespaces && identity.Namespace.IsSome() {
		name := identity.Namespace.Some()
		found := context.Get(Identity{ApiVersion: "v1", Kind: "Namespace", Namespace: None[string](), Name: name})
		if found.IsErr() {
			return nil, fmt.Errorf("%s", found.Err())
		}
		if found.Ok().IsNone() {
			findings = append(findings, Finding{
				Subject:  subject,
				Rule:     "unknown-namespace",
				Pointer:  "/metadata/namespace",
				Message:  fmt.Sprintf("`%s` is not in the set", name),
				Severity: None[Severity](),
			})
		}
	}
	return findings, nil
}

// isMutable tells whether the tag of an image may move: it is `latest`, or not written at all.
func isMutable(image string) bool {
	last := image[strings.LastIndex(image, "/")+1:]
	return !strings.Contains(image, "@") && (!strings.Contains(last, ":") || strings.HasSuffix(last, ":latest"))
}
