package tradingtest

import "testing"

// BrokerCases returns the names of the cases of TestBroker.
func BrokerCases() []string {
	var names []string
	for _, c := range brokerCases {
		names = append(names, c.name)
	}
	return names
}

// RunBrokerCase runs one case of TestBroker on a TB that may be watched.
func RunBrokerCase(t testing.TB, name string, s BrokerSubject) {
	for _, c := range brokerCases {
		if c.name == name {
			c.run(brokerTest{TB: t, BrokerSubject: prepared(s)})
		}
	}
}
