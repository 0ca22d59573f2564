// Package rest stands in for client-go's: there is no cluster to talk to.
package rest

// Config would say how to reach a cluster.
type Config struct{}
