// Package kubernetes stands in for client-go's: Helm imports it only for the version of its module.
package kubernetes
