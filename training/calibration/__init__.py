"""Points to PD: curves fitted out of fold, recalibration to a long-run rate, intervals."""
