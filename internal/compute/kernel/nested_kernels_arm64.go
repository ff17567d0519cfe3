package kernel

func newNestedTable(string) nestedTable { return portableNestedTable() }
