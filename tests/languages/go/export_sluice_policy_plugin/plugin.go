// The rule of tests/guests/twin, in Go on the bare contract: the findings have to be the same. This package says what the
// plugin is and keeps its settings; the one beside it judges. What names itself generated is the output of
// `wit-bindgen go --world validator wit/0.1.0`, version 0.57.1.
package export_sluice_policy_plugin

import (
	"encoding/json"

	. "go.bytecodealliance.org/pkg/wit/types"
	. "wit_component/sluice_policy_types"
)

// What `configure` keeps for this instance.
var (
	Exempt     = map[string]bool{}
	Namespaces bool
)

func Describe() Description {
	return Description{
		Name:    "twin",
		Version: "0.1.0",
		Scope:   ScopeResource,
		Kinds:   []KindSelector{{Group: "apps", Version: "*", Kind: "*"}, {Group: "", Version: "*", Kind: "Pod"}},
		Rules: []Rule{
			{
				Id:       "mutable-tag",
				Severity: SeverityError,
				Summary:  "an image names a tag that does not move",
				Help:     "the node that starts the pod next may run another image: write a version or a digest",
				Url:      None[string](),
			},
			{
				Id:       "unknown-namespace",
				Severity: SeverityWarning,
				Summary:  "a namespace exists",
				Help:     "add the Namespace to the set",
				Url:      None[string](),
			},
		},
		SettingsSchema: None[string](),
	}
}

func Configure(text string) Result[Unit, []SettingsError] {
	refuse := func(pointer, message string) Result[Unit, []SettingsError] {
		return Err[Unit]([]SettingsError{{Pointer: pointer, Message: message}})
	}
	var settings struct {
		Exempt     any `json:"exempt"`
		Namespaces any `json:"namespaces"`
	}
	if err := json.Unmarshal([]byte(text), &settings); err != nil {
		return refuse("", "not JSON")
	}
	images, isList := settings.Exempt.([]any)
	if settings.Exempt != nil && !isList {
		return refuse("/exempt", "not a list of images")
	}
	for _, image := range images {
		if name, isText := image.(string); isText {
			Exempt[name] = true
		}
	}
	Namespaces = settings.Namespaces == true
	return Ok[Unit, []SettingsError](Unit{})
}
