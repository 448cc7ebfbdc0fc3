package ruletest_test

import (
	"testing"

	"github.com/parterre/parterre/rule/ruletest"
)

func TestTheNaiveEvaluatorMeansWhatTheCorpusSays(t *testing.T) {
	ruletest.Run(t, ruletest.Naive)
}

func TestHistoriesOfTheNaiveEvaluatorAgreeWithItself(t *testing.T) {
	ruletest.Histories(t, ruletest.Naive, ruletest.HistoryOptions{})
}
