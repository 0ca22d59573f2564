// Package scheme stands in for client-go's: the group versions that client-go v0.37.1 registers, in its order and without
// their types, which are two thirds of Helm's size. Helm takes them for what a cluster offers unless it is told.
package scheme

import (
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Scheme knows group versions and no kinds.
var Scheme = runtime.NewScheme()

const groupVersions = `
v1
admissionregistration.k8s.io/v1
admissionregistration.k8s.io/v1alpha1
admissionregistration.k8s.io/v1beta1
internal.apiserver.k8s.io/v1alpha1
apps/v1
apps/v1beta1
apps/v1beta2
authentication.k8s.io/v1
authentication.k8s.io/v1alpha1
authentication.k8s.io/v1beta1
authorization.k8s.io/v1
authorization.k8s.io/v1beta1
autoscaling/v1
autoscaling/v2
batch/v1
batch/v1beta1
certificates.k8s.io/v1
certificates.k8s.io/v1beta1
certificates.k8s.io/v1alpha1
coordination.k8s.io/v1alpha2
coordination.k8s.io/v1beta1
coordination.k8s.io/v1
discovery.k8s.io/v1
discovery.k8s.io/v1beta1
events.k8s.io/v1
events.k8s.io/v1beta1
extensions/v1beta1
flowcontrol.apiserver.k8s.io/v1
flowcontrol.apiserver.k8s.io/v1beta1
flowcontrol.apiserver.k8s.io/v1beta2
flowcontrol.apiserver.k8s.io/v1beta3
lifecycle.k8s.io/v1alpha1
networking.k8s.io/v1
networking.k8s.io/v1beta1
node.k8s.io/v1
node.k8s.io/v1alpha1
node.k8s.io/v1beta1
policy/v1
policy/v1beta1
rbac.authorization.k8s.io/v1
rbac.authorization.k8s.io/v1beta1
rbac.authorization.k8s.io/v1alpha1
resource.k8s.io/v1
resource.k8s.io/v1beta2
resource.k8s.io/v1beta1
resource.k8s.io/v1alpha3
scheduling.k8s.io/v1alpha3
scheduling.k8s.io/v1beta1
scheduling.k8s.io/v1
storage.k8s.io/v1beta1
storage.k8s.io/v1
storage.k8s.io/v1alpha1
storagemigration.k8s.io/v1
storagemigration.k8s.io/v1beta1
apiextensions.k8s.io/v1beta1
apiextensions.k8s.io/v1
`

func init() {
	for _, text := range strings.Fields(groupVersions) {
		version, err := schema.ParseGroupVersion(text)
		if err != nil {
			panic(err)
		}
		// Versions are known by the types in them; which types does not matter.
		Scheme.AddKnownTypeWithName(version.WithKind("Unknown"), &runtime.Unknown{})
	}
}
