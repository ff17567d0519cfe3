// Package kubernetes checks the manifests that the program prints, and those in configs/cluster, against the types of
// Kubernetes and of the MPI Operator. It is a module of its own, so that nothing else depends on these.
package kubernetes
