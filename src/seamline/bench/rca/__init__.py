"""The examiner: cases of root-cause analysis read, answered, scored and shown. No answer sees a case's truth.

folder or published -> Case -> method -> Prediction -> scores, beside the reference methods -> report
"""
