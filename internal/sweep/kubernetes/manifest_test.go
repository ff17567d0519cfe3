package kubernetes

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	mpi "github.com/kubeflow/mpi-operator/pkg/apis/kubeflow/v2beta1"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/yaml"
)

const root = "../../.."

// printed is what the program prints for a sweep.
func printed(t *testing.T, name, sweep string, flags ...string) (core.ConfigMap, batch.Job) {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "vaectl")
	build := exec.Command("go", "build", "-o", program, "./cmd/vaectl")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(sweep), 0o666); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(program, append([]string{"sweep", path, "--print", "kubernetes"}, flags...)...).Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, err.(*exec.ExitError).Stderr)
	}
	documents := bytes.SplitAfter(out, []byte("\n---\n"))
	if len(documents) != 2 {
		t.Fatalf("%d documents", len(documents))
	}
	var files core.ConfigMap
	var job batch.Job
	if err := yaml.UnmarshalStrict(documents[0], &files); err != nil {
		t.Fatalf("ConfigMap: %v\n%s", err, documents[0])
	}
	if err := yaml.UnmarshalStrict(documents[1], &job); err != nil {
		t.Fatalf("Job: %v\n%s", err, documents[1])
	}
	return files, job
}

func TestPrintedJobIsWhatKubernetesReads(t *testing.T) {
	sweep := "  # more than it needs\ngrid:\n  objective.beta: [1, 2]\n\n  # a case's name may have quotes\n  prior: {'it''s': {}, b: {prior.mean: 1}}\nseeds: 3\n"
	files, job := printed(t, "Beta & Prior_1.yaml", sweep, "--image", "registry.example/vaectl:1", "--claim", "my-runs", "--threads", "4", "--data-dir", "/runs/it's mnist")
	if files.Data["Beta & Prior_1.yaml"] != sweep {
		t.Errorf("the ConfigMap has %q", files.Data)
	}
	if job.Kind != "Job" || job.APIVersion != "batch/v1" || *job.Spec.CompletionMode != batch.IndexedCompletion || *job.Spec.Completions != 12 || *job.Spec.BackoffLimitPerIndex != 3 {
		t.Errorf("the job is %+v", job.Spec)
	}
	for _, name := range []string{job.Name, files.Name} {
		if wrong := validation.IsDNS1123Subdomain(name); len(wrong) > 0 {
			t.Errorf("name %q: %v", name, wrong)
		}
	}
	rules := job.Spec.PodFailurePolicy.Rules
	if len(rules) != 2 || rules[0].Action != batch.PodFailurePolicyActionFailIndex || rules[0].OnExitCodes.Operator != batch.PodFailurePolicyOnExitCodesOpIn ||
		rules[1].Action != batch.PodFailurePolicyActionIgnore || rules[1].OnPodConditions[0].Type != core.DisruptionTarget {
		t.Errorf("the rules are %+v", rules)
	}
	if codes := rules[0].OnExitCodes.Values; len(codes) != 2 || codes[0] != 2 || codes[1] != 3 {
		t.Errorf("exit codes %v fail an index", codes)
	}
	pod := job.Spec.Template.Spec
	if pod.RestartPolicy != core.RestartPolicyNever {
		t.Errorf("restart policy %s: a failure policy needs Never", pod.RestartPolicy)
	}
	container := pod.Containers[0]
	if name := rules[0].OnExitCodes.ContainerName; container.Name != *name {
		t.Errorf("the rule is of container %s, there is %s", *name, container.Name)
	}
	want := "sweep|/sweep/Beta & Prior_1.yaml|--trial|$(JOB_COMPLETION_INDEX)|--threads|4|--runs|/runs|--quiet|--data-dir=/runs/it's mnist"
	if got := strings.Join(container.Args, "|"); got != want {
		t.Errorf("arguments %s\nwant      %s", got, want)
	}
	if container.Image != "registry.example/vaectl:1" || container.Resources.Requests.Cpu().Value() != 4 {
		t.Errorf("container %+v", container)
	}
	mounted := map[string]bool{}
	for _, v := range pod.Volumes {
		mounted[v.Name] = true
	}
	for _, m := range container.VolumeMounts {
		if !mounted[m.Name] {
			t.Errorf("volume %s is mounted and not there", m.Name)
		}
	}
	if claim := pod.Volumes[1].PersistentVolumeClaim.ClaimName; claim != "my-runs" {
		t.Errorf("claim %s", claim)
	}
}

func TestMPIJobIsWhatTheOperatorReads(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "configs/cluster/mpijob.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var job mpi.MPIJob
	if err := yaml.UnmarshalStrict(text, &job); err != nil {
		t.Fatal(err)
	}
	spec := job.Spec
	if job.Kind != "MPIJob" || job.APIVersion != mpi.SchemeGroupVersion.String() || spec.MPIImplementation != mpi.MPIImplementationOpenMPI || spec.LauncherCreationPolicy != mpi.LauncherCreationPolicyWaitForWorkersReady {
		t.Errorf("the job is %+v", spec)
	}
	workers := spec.MPIReplicaSpecs[mpi.MPIReplicaTypeWorker]
	launcher := spec.MPIReplicaSpecs[mpi.MPIReplicaTypeLauncher]
	if *launcher.Replicas != 1 || *workers.Replicas != 4 || !strings.Contains(launcher.Template.Spec.Containers[0].Command[2], "mpirun -n 4 ") {
		t.Errorf("%d launchers, %d workers", *launcher.Replicas, *workers.Replicas)
	}
}
